"""Prints how well the model predicts the packages that it never saw, and whether vectors of texts find
texts of the same package. docs/language.md has the results.

    python3 evaluate.py
"""

import gzip
import json
import lzma

import jax
import numpy as np

import bpe
import data
import network
import reference
import weights as files
from train import stream


def prediction(weights, tokens, length):
    """Returns the bits of a byte, in windows of 256 tokens whose first one sees nothing before it."""
    measure = jax.jit(network.loss)
    windows = tokens[: (len(tokens) - 1) // 256 * 256 + 1]
    batches = np.stack([windows[i : i + 257] for i in range(0, len(windows) - 1, 256)])
    nats = [float(measure(weights, batches[i : i + 8])) * len(batches[i : i + 8]) for i in range(0, len(batches), 8)]
    return sum(nats) / len(batches) * len(tokens) / length / np.log(2)


def markov(train, test, order):
    """Returns the bits of a byte of a model of the last bytes, by the counts of the training's text and
    the method of I. Witten and T. Bell (1991, method C)."""

    def contexts(text, length):
        out = np.zeros(len(text) - order, np.int64)
        for i in range(length):
            out = out << 8 | text[order - length + i : len(text) - length + i]
        return out

    chance = np.full(len(test) - order, 1 / 256)
    for length in range(order + 1):
        seen, counts = np.unique(contexts(train, length) << 8 | train[order:], return_counts=True)
        places, first, kinds = np.unique(seen >> 8, return_index=True, return_counts=True)
        totals = np.add.reduceat(counts, first)

        def find(keys, values, wanted):
            at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            return np.where(keys[at] == wanted, values[at], 0)

        here = contexts(test, length)
        own = find(seen, counts, here << 8 | test[order:])
        total, kind = find(places, totals, here), find(places, kinds, here)
        known = total > 0
        chance = np.where(known, (own + kind * chance) / np.maximum(total + kind, 1), chance)
    return -np.log2(chance).mean()


def purity(vectors, labels):
    """Returns how often the nearest other text is of the same package."""
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    products = vectors @ vectors.T
    np.fill_diagonal(products, -2)
    return np.mean([labels[i] == labels[j] for i, j in enumerate(products.argmax(1))])


def trigrams(texts, train):
    """Returns bags of three letters, weighted by how rare they are in the training's texts."""
    def counted(text):
        found = np.frombuffer(b" " + text.lower().encode() + b" ", np.uint8).astype(np.int64)
        keys = (found[:-2] * 65599 + found[1:-1] * 257 + found[2:]) % 16384
        return np.bincount(keys, minlength=16384)

    documents = np.zeros(16384)
    for text in train:
        documents += counted(text) > 0
    rarity = np.log((1 + len(train)) / (1 + documents))
    return np.stack([np.log1p(counted(text)) * rarity for text in texts]).astype(np.float32)


def main():
    train, test = data.read()
    encoder = bpe.Encoder(json.loads((data.HERE / "merges.json").read_text()))
    weights = files.load()
    rounded = files.restored(weights)
    tokens = stream(encoder, test)
    before, after = (b"".join(c["text"].encode() + b"\0" for c in part) for part in (train, test))
    print(f"held out: {len(test)} comments of {len({c['package'] for c in test})} packages, {len(after)} bytes")
    for name, w in ("floats", weights), ("8 bits", rounded):
        print(f"bits a byte, {name}: {prediction(w, tokens, len(after)):.3f}", flush=True)
    numbers = [np.frombuffer(text, np.uint8).astype(np.int64) for text in (before, after)]
    for order in (3, 4, 5):
        print(f"bits a byte, {order} bytes before: {markov(*numbers, order):.3f}", flush=True)
    for name, size in ("xz", lambda text: len(lzma.compress(text, preset=9))), ("gzip", lambda text: len(gzip.compress(text, 9))):
        print(f"bits a byte, {name} after the training's text: {(size(before + after) - size(before)) * 8 / len(after):.3f}; alone: {size(after) * 8 / len(after):.3f}", flush=True)

    chosen = [c for c in test if len(c["text"]) >= 100]
    texts, labels = [c["text"] for c in chosen], [c["package"] for c in chosen]
    model = reference.Model()
    scales, bias, groups = model.embedding
    matrix = groups.transpose(0, 2, 1).reshape(len(scales), -1) * scales[:, None]
    means = files.means(rounded, encoder, chosen)
    shares = [labels.count(label) / len(labels) for label in set(labels)]
    print(f"{len(chosen)} comments of {len(set(labels))} packages; by chance {sum(s * s for s in shares):.3f}")
    print(f"the nearest is of the same package: vectors {purity(means @ matrix.T + bias, labels):.3f}, means alone {purity(means, labels):.3f}")
    print(f"bags of trigrams {purity(trigrams(texts, [c['text'] for c in train]), labels):.3f}", flush=True)


if __name__ == "__main__":
    main()
