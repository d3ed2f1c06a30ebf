"""The text that the model is trained on, and the packages that it never sees."""

import hashlib
import json
import pathlib

HERE = pathlib.Path(__file__).parent
CORPUS = HERE / "corpus.jsonl"
SHA256 = "2601ac8521ed02f8a211486d8a57ebe9c6439f4a70732f78196f015c5af1f315"  # of Go 1.26.8


def held_out(package):
    """Reports whether a package is for measuring only: one of twelve."""
    return hashlib.sha256(package.encode()).digest()[0] % 12 == 0


def read():
    """Returns the comments for training, and those of packages that are held out."""
    text = CORPUS.read_bytes()
    if hashlib.sha256(text).hexdigest() != SHA256:
        raise SystemExit("corpus.jsonl is not that of Go 1.26.8")
    comments = [json.loads(line) for line in text.splitlines()]
    train = [c for c in comments if not held_out(c["package"])]
    test = [c for c in comments if held_out(c["package"])]
    return train, test
