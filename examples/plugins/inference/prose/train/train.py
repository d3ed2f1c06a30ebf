"""Trains the network and writes checkpoint.npz, which weights.py rounds to 8 bits.

    go run ./corpus > corpus.jsonl
    python3 train.py

The seed is fixed. Sums of floats depend on the processor, so another machine gives other weights.
"""

import json
import time

import jax
import numpy as np
import optax
import optax.contrib

import bpe
import data
import network

SEED, BATCH, TIME = 15, 24, 128
STEPS = 1300
# Matrices of layers take Muon (K. Jordan and others, 2024), which needs fewer steps than AdamW.
MUON, ADAM = 0.02, 0.004


def stream(encoder, comments):
    """Returns the tokens of all comments, each after an end."""
    tokens = []
    for c in comments:
        tokens.append(bpe.END)
        tokens += encoder.encode(c["text"].encode())
    return np.array(tokens + [bpe.END], np.int32)


def flat(weights):
    return {jax.tree_util.keystr(path): np.asarray(x) for path, x in jax.tree_util.tree_leaves_with_path(weights)}


def muon(weights):
    """Returns which weights take Muon."""
    matrix = optax.contrib.MuonDimensionNumbers()
    kinds = jax.tree.map(lambda x: matrix if x.ndim == 2 else None, weights)
    return {**kinds, "tokens": None}


def rate(step):
    """Rises for 100 steps, and falls to 0 over the last two fifths."""
    return min(step / 100, 1, (STEPS - step) / (0.4 * STEPS))


def main():
    train, test = data.read()
    merges = data.HERE / "merges.json"
    if not merges.exists():
        merges.write_text(json.dumps(bpe.learn([c["text"].encode() for c in train])) + "\n")
    encoder = bpe.Encoder(json.loads(merges.read_text()))
    tokens, held = stream(encoder, train), stream(encoder, test)
    held_bytes = sum(len(c["text"].encode()) + 1 for c in test)
    print(f"{len(tokens)} tokens, {len(held)} held out of {held_bytes} bytes", flush=True)

    weights = network.start(SEED)
    optimiser = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.contrib.muon(
            MUON, weight_decay=0.1, adam_b2=0.98, adam_learning_rate=ADAM, muon_weight_dimension_numbers=muon
        ),
    )
    state = optimiser.init(weights)

    @jax.jit
    def step(weights, state, batch, rate):
        value, gradient = jax.value_and_grad(network.loss)(weights, batch)
        updates, state = optimiser.update(gradient, state, weights)
        return optax.apply_updates(weights, jax.tree.map(lambda x: x * rate, updates)), state, value

    measure = jax.jit(network.loss)
    windows = held[: 128 * (TIME + 1)].reshape(-1, 16, TIME + 1)
    rng = np.random.default_rng(SEED)
    begun = time.time()
    mean = 0.0
    for i in range(1, STEPS + 1):
        at = rng.integers(0, len(tokens) - TIME - 1, BATCH)
        batch = tokens[at[:, None] + np.arange(TIME + 1)]
        weights, state, value = step(weights, state, batch, rate(i))
        mean += (float(value) - mean) / min(i, 100)
        if i % 100 == 0 or i == STEPS:
            nats = np.mean([measure(weights, batch) for batch in windows])
            bits = nats * len(held) / held_bytes / np.log(2)
            print(f"{i} {(time.time() - begun) / i:.2f} s, {mean:.3f}, held out {nats:.3f}, {bits:.3f} bits a byte", flush=True)
            np.savez(data.HERE / "checkpoint.npz", **flat(weights))


if __name__ == "__main__":
    main()
