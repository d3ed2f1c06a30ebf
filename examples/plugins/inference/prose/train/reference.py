"""The model again, from weights.bin, in integers and in floats whose operations have one result: what
the plugin must return, bit for bit. It shares no code with the plugin or the training."""

import pathlib

import numpy as np

WIDTH, LAYERS, HEADS, HIDDEN, WINDOW, TOKENS, EMBEDDING = 128, 4, 4, 512, 256, 1024, 64
HEAD = WIDTH // HEADS
END = TOKENS - 1
f4, f8 = np.float32, np.float64


class Model:
    def __init__(self, path=pathlib.Path(__file__).parent / "../weights.bin"):
        self.content = path.read_bytes()
        self.at = 0
        self.layers = []
        for _ in range(LAYERS):
            norms = [self.take("<f4", WIDTH) for _ in range(2)]
            shapes = [(3 * WIDTH, WIDTH), (WIDTH, WIDTH), (HIDDEN, WIDTH), (WIDTH, HIDDEN)]
            scales = [self.take("<f4", rows) for rows, _ in shapes]
            self.layers.append((norms, [(self.matrix(*shape), s) for shape, s in zip(shapes, scales)]))
        self.norm = self.take("<f4", WIDTH)
        scales = self.take("<f4", TOKENS)
        self.tokens = self.matrix(TOKENS, WIDTH), scales
        self.embedding = self.take("<f4", EMBEDDING), self.take("<f4", EMBEDDING), self.take("<i2", (EMBEDDING // 4, WIDTH, 4))
        self.pairs = {(int(a), int(b)): int(c) for a, b, c in self.take("<u2", (TOKENS - 257, 3))}
        self.spellings = [bytes(row[1 : 1 + row[0]]) for row in self.take("u1", (TOKENS, 16))]

    def take(self, kind, shape):
        count = int(np.prod(shape))
        out = np.frombuffer(self.content, kind, count, self.at).reshape(shape)
        self.at += out.nbytes
        return out

    def matrix(self, rows, columns):
        blocks = self.take("i1", (rows // 4, columns // 8, 4, 8))
        return blocks.transpose(0, 2, 1, 3).reshape(rows, columns).astype(np.int64)

    def encode(self, text):
        """Returns the tokens of bytes, one piece after the other."""
        kind = lambda b: "l" if b >= 128 or chr(b).isalpha() else "d" if chr(b).isdigit() else " " if b in b" \t\n\r" else "s"
        tokens = []
        while text:
            n = 2 if text[0] == 32 and len(text) > 1 and kind(text[1]) != " " else 1
            k = kind(text[n - 1])
            while k != "d" and n < min(32, len(text)) and kind(text[n]) == k and (k != " " or text[n] == text[n - 1]):
                n += 1
            word, text = list(text[:n]), text[n:]
            while found := [self.pairs[p] for p in zip(word, word[1:]) if p in self.pairs]:
                first, i = min(found), 0
                while i + 1 < len(word):
                    if self.pairs.get((word[i], word[i + 1])) == first:
                        word[i : i + 2] = [first]
                    i += 1
            tokens += word
        return tokens


def total(values):
    """Returns the sum in the order of the values, in their own precision."""
    zero = np.zeros((1, *values.shape[1:]), values.dtype)
    return np.add.accumulate(np.concatenate([zero, values]))[-1]


def exp(x):
    """Returns e^x in doubles, by the polynomial of guest/nn."""
    shift = 6755399441055744.0
    shifted = x * 1.4426950408889634 + shift
    k = shifted - shift
    r = (x - k * float.fromhex("0x1.62e42fee00000p-1")) - k * float.fromhex("0x1.a39ef35793c76p-33")
    power = np.zeros_like(r)
    for c in [6227020800, 479001600, 39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6, 2, 1, 1]:
        power = power * r + 1.0 / c
    return np.where(x < -708, 0.0, np.ldexp(power, np.maximum(k, -1022).astype(int)))


def normal(x, scales):
    x = x.astype(f8)
    distance = x - total(x) / len(x)
    factor = 1.0 / np.sqrt(total(distance * distance) / len(x) + f8(f4(1e-6)))
    return (distance * factor * scales.astype(f8) + 0.0).astype(f4)


def quantised(x, largest):
    step = np.abs(x).max() / f4(largest)
    if step < np.finfo(f4).tiny:
        return np.zeros(len(x), np.int64), f4(0)
    return np.rint(x * (f4(1) / step)).astype(np.int64), step


def times(matrix, x):
    integers, scales = matrix
    inputs, step = quantised(x, 32767)
    sums = integers @ inputs
    assert np.abs(sums).max() < 2**31
    return sums.astype(f4) * (scales * step)


class Context:
    """The positions so far."""

    def __init__(self, model):
        self.model = model
        self.kept = [[[] for _ in range(HEADS)] for _ in range(LAYERS)]

    def add(self, token):
        """Returns the vector of another position."""
        integers, scales = self.model.tokens
        x = integers[token].astype(f4) * scales[token]
        for kept, (norms, (qkv, mix, up, down)) in zip(self.kept, self.model.layers):
            q, k, v = np.split(times(qkv, normal(x, norms[0])), 3)
            heads = []
            for h, positions in enumerate(kept):
                part = slice(h * HEAD, (h + 1) * HEAD)
                positions.append((quantised(k[part], 8191), quantised(v[part], 32767)))
                heads.append(attend(q[part], positions[-WINDOW:], f4(4.0 ** -(h + 1))))
            x = x + times(mix, np.concatenate(heads))
            hidden = np.maximum(times(up, normal(x, norms[1])), f4(0))
            x = x + times(down, hidden * hidden)
        return x

    def scores(self, token):
        return times(self.model.tokens, normal(self.add(token), self.model.norm))


def attend(query, positions, slope):
    query, step = quantised(query, 8191)
    keys = np.array([k for (k, _), _ in positions])
    key_steps = np.array([s for (_, s), _ in positions], f4)
    values = np.array([v for _, (v, _) in positions]).astype(f4)
    value_steps = np.array([s for _, (_, s) in positions], f4)
    distance = np.arange(len(positions) - 1, -1, -1).astype(f4)
    scores = (keys @ query).astype(f4) * (step * f4(0.1767767) * key_steps) - slope * distance
    weights = exp(scores.astype(f8) - f8(scores.max()))
    weights = (weights * (1.0 / total(weights))).astype(f4) * value_steps
    return total(weights[:, None] * values)


def embed(model, text):
    tokens = [END, *model.encode(text)]
    context = Context(model)
    sums = total(np.array([normal(context.add(t), model.norm).astype(f8) for t in tokens]))
    mean = (sums / len(tokens)).astype(f4)
    scales, bias, groups = model.embedding
    sums = np.concatenate([total(mean[:, None] * group.astype(f4)) for group in groups])
    x = (sums * scales + bias).astype(f8)
    return (x / np.sqrt(total(x * x))).astype(f4)


def generate(model, prompt, tokens, temperature, top, seed):
    """Returns the tokens after a prompt, with the end if it comes."""
    context = Context(model)
    last = END
    for token in model.encode(prompt):
        context.add(last)
        last = token
    out = []
    while len(out) < tokens and (last != END or not out):
        scores = context.scores(last)
        order = np.argsort(-scores, kind="stable")
        if temperature == 0:
            last = int(order[0])
        else:
            order = order[: top or TOKENS]
            best = scores[order].astype(f8)
            weights = exp((best - best[0]) / f8(f4(temperature)))
            seed, fraction = splitmix(seed)
            sums = np.add.accumulate(weights)
            found = np.flatnonzero(sums > fraction * sums[-1])
            last = int(order[found[0] if len(found) else -1])
        out.append(last)
    return out


def splitmix(state):
    mask = 2**64 - 1
    state = (state + 0x9E3779B97F4A7C15) & mask
    z = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
    return state, ((z ^ z >> 31) >> 11) / 2**53
