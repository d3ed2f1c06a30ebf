"""Trains the network on faults that were put into series by seed, and writes weights.bin.

    python3 train.py          # minutes; the same versions of the libraries give the same file

Training sees the temperatures of January to July with faults of seeds below 1,000, and
artificial series. The threshold is chosen there too, with seeds of its own. evaluate.py
measures on August to December with seeds that training never had.
"""

import hashlib
import json
import pathlib
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from sklearn.neural_network import MLPClassifier

import faults
import judge
from model import FEATURES, LEARNED, WARM, Model

HERE = pathlib.Path(__file__).parent
DATA = HERE / "../../../../data/seattle-temps-2010.json"
SPLIT = 212 * 24  # the first point of August
TEMPERATURES, ARTIFICIAL, TUNING = 160, 140, 40
HIDDEN = (32, 16)
SPIKES = 8


def clean():
    """Returns the temperatures without faults. One hour is missing: it is a mean here."""
    points = json.loads(DATA.read_text())
    x = [points[0]["value"]]
    for before, p in zip(points, points[1:]):
        if p["timestamp"] - before["timestamp"] == 7200:
            x.append((before["value"] + p["value"]) / 2)
        x.append(p["value"])
    return np.array(x)


def features(x):
    """Returns the features of each point of a series; those of the first ones are 0."""
    m = Model()
    out = np.zeros((len(x), FEATURES))
    for i, v in enumerate(x):
        f, _ = m.add(1 + i, float(v))
        if f is not None and m.count > WARM:
            out[i] = f
    return out


def series(seed):
    """Returns the series of a training seed and its faults."""
    rng = np.random.default_rng(seed)
    if seed < 1000:
        # Backwards, the months grow colder; upside down, the nights are warm.
        data = clean()[:SPLIT]
        if rng.random() < 0.5:
            data = data[::-1]
        x, found = faults.temperatures(rng, data, faulty=seed % 4 > 0)
        return (x, found) if rng.random() < 0.5 else (-x, found)
    return faults.artificial(rng, 3000)


def examples(seed):
    """Returns features and labels of a seed, without points that no label fits."""
    x, found = series(seed)
    label = np.full(len(x), LEARNED)
    use = np.ones(len(x), bool)
    use[:WARM] = False
    for kind, start, end, hidden in found:
        label[start:end] = kind
        use[start : start + hidden] = False
        if kind == 0:
            label[end] = kind  # the return
        else:
            # The means still have the fault in them.
            use[end : end + 8] = False
    # Spikes are short: each of their points counts as often as there are points of others.
    rows = np.repeat(np.flatnonzero(use), np.where(label[use] == 0, SPIKES, 1))
    return features(x)[rows], label[rows]


def logits(layers, f):
    for number, (w, b) in enumerate(layers):
        f = f @ (w / 1024) + b / 1024
        if number + 1 < len(layers):
            f = np.maximum(f, 0)
    return f


def probability(layers, f):
    """Returns the probability of a fault for each row of features."""
    z = logits(layers, f)
    z = np.exp(z - z.max(axis=1, keepdims=True))
    p = 1 - z[:, LEARNED] / z.sum(axis=1)
    p[~f.any(axis=1)] = 0
    return p


def tuning(seed):
    """Returns features and faults of a seed that chooses the threshold; one in four has none."""
    x, found = faults.temperatures(np.random.default_rng(seed), clean()[:SPLIT], faulty=seed % 4 > 0)
    return features(x), found


def main():
    with ProcessPoolExecutor(2) as pool:
        seeds = list(range(TEMPERATURES)) + list(range(1000, 1000 + ARTIFICIAL))
        parts = list(pool.map(examples, seeds, chunksize=4))
        tune = list(pool.map(tuning, range(500, 500 + TUNING), chunksize=4))
    f = np.concatenate([p[0] for p in parts])
    y = np.concatenate([p[1] for p in parts])
    print(f"{len(y)} points; of each kind {np.bincount(y)}")
    net = MLPClassifier(HIDDEN, batch_size=512, learning_rate_init=2e-3, max_iter=16, alpha=1e-5, random_state=1)
    net.fit(f, y)
    layers = [
        (np.clip(np.rint(w * 1024), -32768, 32767), np.clip(np.rint(b * 1024), -32768, 32767))
        for w, b in zip(net.coefs_, net.intercepts_)
    ]
    best = judge.tune([(probability(layers, x), found) for x, found in tune], np.concatenate([np.linspace(0.1, 0.9, 17), [0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 0.995, 0.998]]))
    print("threshold", best)
    # A score of 0.5 is the threshold.
    layers[-1][1][LEARNED] += np.rint(1024 * np.log(best / (1 - best)))
    data = b"".join(np.vstack([w, b]).astype("<i2").tobytes() for w, b in layers)
    (HERE / "../weights.bin").write_bytes(data)
    text = f"{hashlib.sha256(data).hexdigest()}  weights.bin\n"
    (HERE / "../weights.sha256").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
