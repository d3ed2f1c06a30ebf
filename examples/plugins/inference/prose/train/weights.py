"""Rounds the weights of checkpoint.npz to 8 bits, fits the matrix of the embedder, and writes
../weights.bin, which src/weights.rs reads, and ../weights.sha256.

    python3 weights.py
"""

import hashlib
import json

import jax
import jax.numpy as jnp
import numpy as np

import bpe
import data
import network

EMBEDDING = 64
LONGEST = 15
FITTED = 6000  # comments for the matrix of the embedder
FIRST = 128  # of their tokens


def rounded(matrix):
    """Returns a matrix in 8 bits, and a scale for each row."""
    scales = (np.abs(matrix).max(1) / 127).astype(np.float32)
    return np.rint(matrix / scales[:, None]).astype(np.int8), scales


def packed(matrix):
    """Returns the order of guest/nn's matrix: blocks of four outputs and eight inputs."""
    outputs, inputs = matrix.shape
    return matrix.reshape(outputs // 4, 4, inputs // 8, 8).transpose(0, 2, 1, 3)


def load():
    """Returns the weights of the checkpoint in the shape of network.start."""
    stored = np.load(data.HERE / "checkpoint.npz")
    paths, tree = jax.tree_util.tree_flatten_with_path(network.start(0))
    return jax.tree.unflatten(tree, [stored[jax.tree_util.keystr(path)] for path, _ in paths])


def restored(weights):
    """Returns the weights as the plugin has them, as floats."""

    def restore(x):
        if x.ndim == 1:
            return x
        integers, scales = rounded(x)
        return integers * scales[:, None]

    return jax.tree.map(restore, weights)


def means(weights, encoder, comments):
    """Returns the mean of the normalised vectors of each comment's first tokens."""

    @jax.jit
    def vectors(weights, tokens):
        return network.normal(network.trunk(weights, tokens), weights["norm"])

    out = []
    for at in range(0, len(comments), 32):
        texts = [[bpe.END, *encoder.encode(c["text"].encode())][:FIRST] for c in comments[at : at + 32]]
        tokens = np.zeros((32, FIRST), np.int32)
        mask = np.zeros((32, FIRST, 1), np.float32)
        for i, text in enumerate(texts):
            tokens[i, : len(text)] = text
            mask[i, : len(text)] = 1 / len(text)
        out.append((np.asarray(vectors(weights, jnp.asarray(tokens))) * mask).sum(1)[: len(texts)])
    return np.concatenate(out).astype(np.float64)


def projection(vectors, labels):
    """Returns the directions in which packages differ most, relative to the differences within them,
    and the negative mean in these (linear discriminants, R. Fisher, 1936)."""
    mean = vectors.mean(0)
    within = np.zeros((vectors.shape[1],) * 2)
    between = np.zeros_like(within)
    for label in set(labels):
        own = vectors[[i for i, other in enumerate(labels) if other == label]]
        distance = own - own.mean(0)
        within += distance.T @ distance
        between += len(own) * np.outer(own.mean(0) - mean, own.mean(0) - mean)
    within /= len(vectors)
    between /= len(vectors)
    values, directions = np.linalg.eigh(within + 0.05 * np.trace(within) / len(within) * np.eye(len(within)))
    whitened = directions / np.sqrt(values)
    _, best = np.linalg.eigh(whitened.T @ between @ whitened)
    matrix = (whitened @ best[:, ::-1][:, :EMBEDDING]).T
    return matrix, -matrix @ mean


def main():
    weights = load()
    merges = json.loads((data.HERE / "merges.json").read_text())
    encoder = bpe.Encoder(merges)
    train, _ = data.read()
    chosen = np.random.default_rng(15).permutation(len(train))[:FITTED]
    comments = [train[i] for i in sorted(chosen)]
    matrix, bias = projection(means(restored(weights), encoder, comments), [c["package"] for c in comments])
    scales = np.abs(matrix).max(1) / 32767
    groups = np.rint(matrix / scales[:, None]).astype("<i2").reshape(EMBEDDING // 4, 4, network.WIDTH).transpose(0, 2, 1)

    def bytes_of(x):
        return np.ascontiguousarray(x.astype("<f4") if x.dtype.kind == "f" else x).tobytes()

    out = []
    for layer in weights["layers"]:
        matrices = [rounded(layer[name]) for name in ("qkv", "mix", "up", "down")]
        out += [layer["norm1"], layer["norm2"]]
        out += [scales for _, scales in matrices] + [packed(integers) for integers, _ in matrices]
    tokens, token_scales = rounded(weights["tokens"])
    out += [weights["norm"], token_scales, packed(tokens), scales, bias, groups]
    out.append(np.array(sorted([a, b, 256 + i] for i, (a, b) in enumerate(merges)), "<u2"))
    content = b"".join(map(bytes_of, out))
    for spelling in encoder.bytes:
        if len(spelling) > LONGEST:
            raise SystemExit(f"the token {spelling} has more than {LONGEST} bytes")
        content += bytes([len(spelling)]) + spelling.ljust(LONGEST, b"\0")
    content += bytes(-len(content) % 4)
    (data.HERE / "../weights.bin").write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    (data.HERE / "../weights.sha256").write_text(f"{digest}  weights.bin\n")
    print(len(content), "bytes", digest)


if __name__ == "__main__":
    main()
