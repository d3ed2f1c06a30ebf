"""Measures the detector beside a seasonal baseline and isolation forests, and writes the
tables of docs/detect.md: python3 evaluate.py

August to December of the temperatures, with weather of four sizes and 20 seeds of faults
each. Training had January to July and other seeds. The thresholds of the others are tuned
as the detector's was: on the same 40 series of January to July.
"""

from concurrent.futures import ProcessPoolExecutor

import numpy as np
from sklearn.ensemble import IsolationForest

import faults
import judge
from model import KINDS, Detector
from network import read
from train import SPLIT, TUNING, clean

SEEDS = 20
LEVELS = [0.0, 1.0, 2.0, 3.0]
HOUR = 3600


def windows(x, n):
    """Returns the last n values of each point, the point's own last; the first ones repeat."""
    padded = np.concatenate([np.full(n - 1, x[0]), x])
    return np.lib.stride_tricks.sliding_window_view(padded, n)


def seasonal(x):
    """The distance from the median of the same hour of the last 14 days, in the median of
    such distances in the last 14 days."""
    rest = np.zeros(len(x))
    for i in range(24, len(x)):
        rest[i] = x[i] - np.median(x[max(i % 24, i - 14 * 24) : i : 24])
    spread = np.ones(len(x))
    for i in range(24, len(x)):
        spread[i] = max(np.median(np.abs(rest[max(24, i - 14 * 24) : i + 1])), 0.05)
    return np.abs(rest) / spread, rest


def naive(x):
    """The same for the distance from the value a day before."""
    rest = np.zeros(len(x))
    rest[24:] = x[24:] - x[:-24]
    spread = np.median(np.abs(windows(rest, 14 * 24)), axis=1)
    return np.abs(rest) / np.maximum(spread, 0.05)


def plain(x):
    """Features as one takes them for an isolation forest: value, hour, changes since 1, 2, 3
    and 24 hours, the distance from the season, mean and spread of the last 6 and 24 hours."""
    hour = 2 * np.pi * (np.arange(len(x)) % 24) / 24
    rest = seasonal(x)[1]
    lag = lambda n: x - np.concatenate([np.full(n, x[0]), x[:-n]])
    short, long = windows(rest, 6), windows(rest, 24)
    change = windows(lag(1), 6)
    return np.column_stack([
        x, np.sin(hour), np.cos(hour), lag(1), lag(2), lag(3), lag(24), rest,
        short.mean(axis=1), long.mean(axis=1), change.std(axis=1), long.std(axis=1),
    ])  # fmt: skip


def scaled(x):
    """The same without the value, in units of each series' own spread in its first 14 days."""
    f = plain(x)[:, 3:]
    return f / np.maximum(np.abs(f[24 : faults.FREE]).mean(axis=0), 0.05)


def case(seed, part, level=None):
    rng = np.random.default_rng(seed)
    if part == "train":
        return faults.temperatures(rng, clean()[:SPLIT], faulty=seed % 4 > 0)  # as train.tuning
    return faults.temperatures(rng, clean()[SPLIT:], level, faulty=part == "test")


def scores(job):
    """Returns the scores of the baselines, the features of the forests, what the detector
    found, and the faults."""
    seed, part, level = job
    x, found = case(seed, part, level)
    if part == "train":
        return seasonal(x)[0], naive(x), plain(x), scaled(x), None, found
    d = Detector(read())
    for i, v in enumerate(x):
        d.add(i * HOUR, float(v))
    if d.stretch is not None:
        d.close()
    return seasonal(x)[0], naive(x), plain(x), scaled(x), [(a // HOUR, b // HOUR, k) for a, b, _, k in d.findings], found


def forest(features, number):
    """Fits a forest to every fourth point of the tuning series, faults included: it has no labels."""
    rows = np.concatenate([f[faults.FREE :: 4] for f in features])
    return IsolationForest(n_estimators=200, max_samples=1024, random_state=number).fit(rows)


def interval(values):
    """Returns mean and half of the 95 % interval over the seeds."""
    return np.mean(values), 1.96 * np.std(values, ddof=1) / np.sqrt(len(values))


def detect(x):
    """Returns what the detector finds in a series, after the first days."""
    d = Detector(read())
    for i, v in enumerate(x):
        d.add(i, float(v))
    if d.stretch is not None:
        d.close()
    return [(a, b) for a, b, _, _ in d.findings if a >= faults.FREE]


SHAPES = ["a season of 24 points", "smaller at weekends", "a season of 30 to 900 points", "almost constant"]


def artificial(job):
    """Returns the counts for a series of a shape that training had, with another seed."""
    shape, seed = job
    x, found = faults.artificial(np.random.default_rng(40_000 + 100 * shape + seed), 3000, shape)
    return judge.count(detect(x), found)


UNSEEN = {
    "random walk": lambda rng, t: np.cumsum(rng.normal(0, 1, len(t))),
    "normal noise": lambda rng, t: rng.normal(0, 1, len(t)),
    "noise with heavy tails (Student's t, 3 degrees)": lambda rng, t: rng.standard_t(3, len(t)),
    "a season of 96 points with noise": lambda rng, t: 5 * np.sin(2 * np.pi * t / 96) + rng.normal(0, 0.5, len(t)),
    "counts (Poisson, a mean of 3 to 30 by the hour)": lambda rng, t: rng.poisson(16.5 + 13.5 * np.sin(2 * np.pi * t / 24)),
    "load: office hours, five days of seven": lambda rng, t: 10 * ((t % 24 >= 8) & (t % 24 < 18) & (t // 24 % 7 < 5)) + rng.gamma(2, 1, len(t)),
}


def unseen(job):
    """Returns the number of findings in a series without faults, of a kind that training had not."""
    name, seed = job
    return len(detect(UNSEEN[name](np.random.default_rng(50_000 + seed), np.arange(3000))))


def others(pool):
    print("| series of 3,000 points | precision | recall | F1 |")
    print("| --- | ---: | ---: | ---: |")
    for shape, name in enumerate(SHAPES):
        each = np.array([judge.f1([c]) for c in pool.map(artificial, [(shape, s) for s in range(SEEDS)])])
        print(f"| {name} | " + " | ".join("%.3f ± %.3f" % interval(each[:, i]) for i in range(3)) + " |")
    print()
    print("| series without faults | false alarms in 1,000 points |")
    print("| --- | ---: |")
    for name in UNSEEN:
        per = np.array(list(pool.map(unseen, [(name, s) for s in range(SEEDS)]))) / (3000 - faults.FREE) * 1000
        print(f"| {name} | %.1f ± %.1f |" % interval(per))
    print()


def main():
    with ProcessPoolExecutor(2) as pool:
        others(pool)
    with ProcessPoolExecutor(2) as pool:
        train = list(pool.map(scores, [(s, "train", None) for s in range(500, 500 + TUNING)]))
        jobs = [(10_000 + 1000 * int(level) + s, "test", level) for level in LEVELS for s in range(SEEDS)]
        test = list(pool.map(scores, jobs))
        quiet = list(pool.map(scores, [(20_000 + 1000 * int(level) + s, "quiet", level) for level in LEVELS for s in range(5)]))
    for t in (*train, *test, *quiet):  # the first days have no faults, and count for nobody
        for s in t[:2]:
            s[: faults.FREE] = 0
    forests = [forest([t[2] for t in train], 1), forest([t[3] for t in train], 1)]

    def by_forest(t, i):
        s = -forests[i].score_samples(t[2 + i])
        s[: faults.FREE] = 0
        return s

    methods = {
        "seasonal median and MAD": lambda t: t[0],
        "seasonal naive and MAD": lambda t: t[1],
        "isolation forest": lambda t: by_forest(t, 0),
        "isolation forest, scaled": lambda t: by_forest(t, 1),
    }
    results, alarms = {}, {}
    days = sum(len(t[0]) - faults.FREE for t in quiet) / 24
    for name, score in methods.items():
        tuned = [(score(t), t[5]) for t in train]
        high = np.concatenate([s[faults.FREE :] for s, _ in tuned])
        best = judge.tune(tuned, np.quantile(high, np.linspace(0.5, 0.999, 60)))
        results[name] = [judge.count(judge.stretches(score(t), best), t[5]) for t in test]
        alarms[name] = sum(len(judge.stretches(score(t), best)) for t in quiet) / days
    late = lambda t: [f for f in t[4] if f[0] >= faults.FREE]
    ours = [late(t) for t in test]
    alarms["the detector"] = sum(len(late(t)) for t in quiet) / days
    results["the detector"] = [judge.count([(a, b) for a, b, _ in found], t[5]) for found, t in zip(ours, test)]

    print("| detector | false alarms in 100 days without faults | precision | recall | F1 | " + " | ".join(KINDS[:5]) + " |")
    print("| --- | ---: | ---: | ---: | ---: | " + " | ".join(["---:"] * 5) + " |")
    for name, counts in results.items():
        each = np.array([judge.f1([c]) for c in counts])
        cells = ["%.1f" % (100 * alarms[name])] + ["%.3f ± %.3f" % interval(each[:, i]) for i in range(3)]
        cells += ["%.2f" % v for v in sum(c[0] for c in counts) / sum(c[1] for c in counts)]
        print(f"| {name} | " + " | ".join(cells) + " |")
    print()
    print("| weather, °F | " + " | ".join(results) + " |")
    print("| ---: | " + " | ".join(["---:"] * len(results)) + " |")
    for i, level in enumerate(LEVELS):
        part = slice(i * SEEDS, (i + 1) * SEEDS)
        print(f"| {level:.0f} | " + " | ".join("%.3f ± %.3f" % interval([judge.f1([c])[2] for c in counts[part]]) for counts in results.values()) + " |")
    print()
    confusion = np.zeros((5, 7), int)
    for found, t in zip(ours, test):
        for kind, start, end, _ in t[5]:
            for first, last, named in found:
                if first < end and last >= start:
                    confusion[kind, named] += 1
                    break
    print("| fault | " + " | ".join(KINDS[:5]) + " |")
    print("| --- | " + " | ".join(["---:"] * 5) + " |")
    for kind in range(5):
        print(f"| {KINDS[kind]} | " + " | ".join(str(v) for v in confusion[kind, :5]) + " |")


if __name__ == "__main__":
    main()
