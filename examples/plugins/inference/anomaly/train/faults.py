"""Series with injected faults, from a seed."""

import numpy as np

KINDS = ["spike", "shift", "drift", "stuck", "noise"]
FREE = 336  # points at the start of a series without faults
APART = 60  # points between faults, at least


def weather(rng, n, size):
    """Adds what single years have and means of thirty years have not: slow changes of air
    masses, and noise of the instrument."""
    out = np.zeros(n)
    v = 0.0
    phi = rng.uniform(0.93, 0.98)
    for i in range(n):
        v = phi * v + rng.normal(0, size * np.sqrt(1 - phi * phi))
        out[i] = v
    return out + rng.normal(0, 0.12 * size, n)


def inject(rng, x, unit):
    """Puts faults into a copy of x. Magnitudes are in units of `unit`. Returns the series and
    (kind, start, end, magnitude, points at the start that nobody can see) of each fault."""
    x = x.copy()
    n = len(x)
    faults = []
    at = FREE + int(rng.integers(0, APART))
    while True:
        kind = int(rng.integers(0, len(KINDS)))
        sign = rng.choice([-1.0, 1.0])
        length = int(
            [rng.integers(1, 3), rng.integers(12, 73), rng.integers(36, 121), rng.integers(8, 49), rng.integers(8, 37)][kind]
        )
        if at + length >= n - 1:
            return x, faults
        part = slice(at, at + length)
        hidden = 0
        if kind == 0:
            x[part] += sign * rng.uniform(3, 10) * unit
        elif kind == 1:
            x[part] += sign * rng.uniform(3, 8) * unit
        elif kind == 2:
            size = rng.uniform(4, 10) * unit
            x[part] += sign * size * np.arange(1, length + 1) / length
            hidden = int(length * min(1.0, 1.5 * unit / size))
        elif kind == 3:
            x[part] = x[at]
            hidden = min(3, length)
        else:
            x[part] += rng.normal(0, rng.uniform(1.5, 4) * unit, length)
        faults.append((kind, at, at + length, hidden))
        at += length + APART + int(rng.integers(0, 2 * APART))


def temperatures(rng, clean, level=None, faulty=True):
    """The temperatures with weather of a size from 0 to 3 degrees Fahrenheit, and faults."""
    size = rng.choice([0.0, 1.0, 2.0, 3.0]) if level is None else level
    x = clean + weather(rng, len(clean), size) if size else clean.copy()
    unit = max(1.0, 0.75 * size)
    x, faults = inject(rng, x, unit) if faulty else (x, [])
    return np.round(x, 1), faults


def artificial(rng, n, shape=None):
    """Series of other shapes: other seasons, none, almost constant, set now and then."""
    t = np.arange(n)
    drawn = int(rng.integers(0, 6))
    shape = drawn if shape is None else shape
    size = float(10 ** rng.uniform(-3, 4))
    base = np.zeros(n)
    if shape == 5:  # a value that is set now and then, or never
        for at in rng.integers(0, n, int(rng.integers(0, 9))):
            base[at:] += rng.normal(0, 1)
        return np.round(base, 1) * size, []
    if shape in (0, 1):  # a season that is not a sine
        for k in range(1, 5):
            base += rng.normal(0, 1 / k) * np.sin(2 * np.pi * k * t / 24 + rng.uniform(0, 6.3))
        base *= rng.uniform(0.5, 3)
    if shape == 1:  # weekdays
        base *= np.where((t // 24) % 7 < 5, 1.0, rng.uniform(0.7, 1))
    if shape == 2:  # another season
        base += rng.uniform(0.5, 3) * np.sin(2 * np.pi * t / rng.uniform(30, 900))
    if shape == 3:  # almost constant
        base += rng.uniform(0, 0.3) * np.sin(2 * np.pi * t / 24)
    spread = rng.uniform(0.02, 0.5)
    x = base + weather(rng, n, spread) + rng.normal(0, rng.uniform(0.02, 0.3), n)
    unit = 1.2 * spread + 0.2
    x, faults = inject(rng, x, unit)
    digits = int(rng.integers(1, 4))
    return np.round(x, digits) * size + rng.normal(0, 10) * size, faults
