"""Writes ../testdata/vectors.json: what reference.py says that the plugin returns.

    python3 vectors.py
"""

import json

import reference

GENERATIONS = [
    ("", 0, 0, 0, 40),
    ("", 0.8, 40, 1, 40),
    ("Package os provides", 0, 0, 0, 40),
    ("Read reads up to", 1, 0, 2, 60),
    ("ErrClosed is returned by", 0.7, 5, 3, 40),
    ("Grüße, 世界 — ", 1.5, 0, 4, 30),
    ("func (f *File) Close() error\n\n\tf.mu.Lock()\n12345 67.8e9", 100, 0, 2**64 - 1, 30),
    ("Write writes len(p) bytes from p to the underlying data stream. " * 24, 0.5, 10, 5, 20),
]
TEXTS = [
    "",
    "x",
    "Package gzip implements reading and writing of gzip format compressed files.",
    "Grüße, 世界\t\n\r\n  42",
    "The scanner skips white space and comments, and returns the position of a token. " * 20,
]


def main():
    model = reference.Model()
    generations = []
    for prompt, temperature, top, seed, count in GENERATIONS:
        tokens = reference.generate(model, prompt.encode(), count, temperature, top, seed)
        text = b"".join(model.spellings[t] for t in tokens).decode(errors="replace")
        generations.append(
            {
                "prompt": prompt,
                "promptTokens": len(model.encode(prompt.encode())),
                "temperature": temperature,
                "topK": top,
                "seed": str(seed),
                "maxTokens": count,
                "tokens": len(tokens),
                "ended": tokens[-1] == reference.END,
                "text": text,
            }
        )
        print(repr(prompt[:30]), "->", repr(text))
    embeddings = [
        {"text": text, "vector": [f"{x.view('u4'):08x}" for x in reference.embed(model, text.encode())]} for text in TEXTS
    ]
    out = json.dumps({"generations": generations, "embeddings": embeddings}, indent=1, ensure_ascii=False)
    (reference.pathlib.Path(__file__).parent / "../testdata/vectors.json").write_text(out + "\n")


if __name__ == "__main__":
    main()
