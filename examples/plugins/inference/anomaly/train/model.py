"""The anomaly detector in plain Python.

This is what the plugin in Rust does, written a second time: it makes the features for
training, and the expected bits of the tests. All numbers are IEEE doubles, and the
operations are +, -, *, / and comparisons in the order that is written here, so both
programs get the same bits. Nothing calls a mathematical library.
"""

import math
import struct

SEASON = 24  # points of a season
RING = 48  # values that are kept: two seasons
WARM = 72  # points before the model answers
MOST = 1 << 32  # intervals between two points that are told apart
SET_BACK = 24  # points in order, after which a clock that went back is believed
QUIET = 3  # points below the threshold that end a stretch
LONGEST = 168  # points of a stretch, after which another begins
LARGEST = 1e200  # values beyond it, and those that are not finite, are invalid
FEATURES = 24
KINDS = ["spike", "shift", "drift", "stuck", "noise", "gap", "invalid"]
LEARNED = 5  # the kinds that the network knows
GAP, INVALID = 5, 6

def clamp(x, bound):
    """Returns x, or the nearer of -bound and bound if it is beyond them."""
    if x > bound:
        return bound
    if x < -bound:
        return -bound
    return x


def squash(x, scale):
    """Returns x in units of scale, bent so that it stays within -4 and 4."""
    if x == 0.0:
        return 0.0
    unit = scale + abs(x) * 0.25
    if unit == 0.0:  # elsewhere, the division gives an infinity
        return 4.0 if x > 0.0 else -4.0
    return clamp(x / unit, 4.0)


def share(x, scale):
    """Returns x / (x + scale) for numbers that are not negative: 0 to 1."""
    if x == 0.0:
        return 0.0
    return x / (x + scale)


def exp(x):
    """Returns e to the power of x, for x from -700 to 0."""
    k = math.floor(x * 1.4426950408889634 + 0.5)
    r = (x - k * 0.6931471803691238) - k * 1.9082149292705877e-10
    p = 1.0
    for i in range(13, 0, -1):
        p = 1.0 + (r / i) * p
    return p * math.ldexp(1.0, k)


class Model:
    """What is known of a series so far."""

    def __init__(self):
        self.count = 0  # valid points
        self.time = 0  # of the last valid point
        self.interval = 0  # between points; 0 as long as it is unknown
        self.other = 0  # another interval that was seen
        self.others = 0  # how often in succession
        self.slot = 0  # of the season
        self.ring = [0.0] * RING  # values, the oldest at slot `head`
        self.head = 0
        self.season = [0.0] * SEASON
        self.level = 0.0
        self.slow = 0.0
        # Means of absolute values: of steps, residuals, changes in a season, drifts.
        self.step_scale = 0.0
        self.rest_scale = 0.0
        self.season_scale = 0.0
        self.drift_scale = 0.0
        # Means of the last residuals and absolute steps.
        self.rest6 = 0.0
        self.rest24 = 0.0
        self.rest96 = 0.0
        self.step6 = 0.0
        self.step24 = 0.0
        self.run = 0  # points that repeat the value before them
        self.run_season = 0.0  # where the run began
        self.equal = 0.0  # how often a value repeats
        self.last = [0.0] * 3  # features of the last steps
        self.last_rest = 0.0
        self.back_time = 0  # of the last point that came before its time
        self.backs = 0  # how many of them are in order

    def in_order(self, t):
        """Reports whether a point with the time t can follow."""
        if self.count == 0 or t > self.time:
            self.backs = 0
            return True
        self.backs = self.backs + 1 if self.backs > 0 and t > self.back_time else 1
        if self.backs == SET_BACK:
            self.backs = 0
            self.time = self.back_time
            return True
        self.back_time = t
        return False

    def back(self, n):
        """Returns the value n points ago, 1 for the last one."""
        return self.ring[(self.head + RING - n) % RING]

    def push(self, x):
        self.ring[self.head] = x
        self.head = (self.head + 1) % RING

    def steps(self, t):
        """Returns how many intervals have passed since the last point, at least 1."""
        passed = t - self.time
        if self.interval == 0:
            self.interval = passed
            return 1
        steps = min((2 * passed + self.interval) // (2 * self.interval), MOST)
        if steps == 1:
            self.others = 0
            return 1
        if self.others > 0 and abs(passed - self.other) <= self.other // 8:
            self.others += 1
        else:
            self.other = passed
            self.others = 1
        if self.others == 6:
            self.interval = self.other
            self.others = 0
            return 1
        return max(steps, 1)

    def add(self, t, x):
        """Adds a valid point. Returns its features and the intervals since the last."""
        if self.count == 0:
            self.count = 1
            self.time = t
            self.level = x
            self.slow = x
            self.ring = [x] * RING
            return None, 1
        steps = self.steps(t)
        # What is missing is what was expected, for at most the length of the ring.
        for _ in range(min(steps - 1, RING)):
            self.slot = (self.slot + 1) % SEASON
            self.push(self.level + self.season[self.slot])
        if steps - 1 > RING:
            self.slot = (self.slot + (steps - 1 - RING)) % SEASON
        self.slot = (self.slot + 1) % SEASON
        return self.measure(t, x), steps

    def measure(self, t, x):
        slot = self.slot
        before = (slot + SEASON - 1) % SEASON
        last = self.back(1)
        change = x - last
        step = change - (self.season[slot] - self.season[before])
        rest = x - (self.level + self.season[slot])
        day = x - self.back(24)
        days = x - self.back(48)
        steps_day = change - (self.back(24) - self.back(25))
        drift = self.level - self.slow
        if change == 0.0:
            self.run += 1
        else:
            self.run = 0
            self.run_season = self.season[slot]
        moved = self.season[slot] - self.run_season

        self.rest6 += (rest - self.rest6) / 6.0
        self.rest24 += (rest - self.rest24) / 24.0
        self.rest96 += (rest - self.rest96) / 96.0
        self.step6 += (abs(step) - self.step6) / 6.0
        self.step24 += (abs(step) - self.step24) / 24.0

        now = squash(step, self.step_scale)
        rest_now = squash(rest, self.rest_scale)
        f = [
            now,
            self.last[0],
            self.last[1],
            self.last[2],
            rest_now,
            self.last_rest,
            squash(day, self.season_scale),
            squash(days, self.season_scale),
            squash(steps_day, self.step_scale),
            squash(self.rest6, self.rest_scale),
            squash(self.rest24, self.rest_scale),
            squash(self.rest96, self.rest_scale),
            squash(self.rest6 - self.rest24, self.rest_scale),
            squash(drift, self.drift_scale),
            squash(self.step6, self.step_scale),
            squash(self.step24, self.step_scale),
            share(float(self.run), 4.0),
            share(float(self.run), 24.0),
            squash(moved, self.step_scale),
            squash(last - self.back(3), self.step_scale),
            self.equal,
            share(self.step_scale, self.rest_scale),
            share(self.season_scale, self.rest_scale),
            abs(now),
        ]
        self.last = [now, self.last[0], self.last[1]]
        self.last_rest = rest_now
        self.learn(x, step, rest, day, drift, change)
        self.count += 1
        self.time = t
        self.push(x)
        return f

    def learn(self, x, step, rest, day, drift, change):
        """Learns level, season and scales; what is far off counts for little."""
        n = float(self.count)
        if self.count < WARM:
            near, gain, level = rest, 1.0 / (1.0 + float(self.count // SEASON)), 1.0 / (n + 1.0)
            slow, rate = level, 1.0 / n
        else:
            near, gain, level = clamp(rest, 4.0 * self.rest_scale), 0.1, 0.02
            slow, rate = 0.003, 0.01
        if level < 0.02:
            level = 0.02
        self.level += level * near
        self.season[self.slot] += gain * (near - level * near)
        self.slow += slow * (self.level - self.slow)
        self.step_scale = self.scale(self.step_scale, step, rate)
        self.rest_scale = self.scale(self.rest_scale, rest, rate)
        self.season_scale = self.scale(self.season_scale, day, rate)
        self.drift_scale = self.scale(self.drift_scale, drift, rate)
        self.equal += rate * ((1.0 if change == 0.0 else 0.0) - self.equal)

    def scale(self, scale, x, rate):
        x = abs(x)
        if self.count >= WARM and x > 4.0 * scale:
            # It grows also from nothing.
            x = 4.0 * scale + 0.01 * x
        return scale + rate * (x - scale)


class Network:
    """Two hidden layers; weights are multiples of 1/1024 in 16 bits."""

    def __init__(self, layers):
        # (weights as [input][output], biases) of each layer, as integers
        self.layers = [
            ([[w / 1024.0 for w in row] for row in ws], [b / 1024.0 for b in bs]) for ws, bs in layers
        ]

    def answer(self, f):
        """Returns the probabilities of the learned kinds, and of none of them, last."""
        x = f
        for number, (weights, biases) in enumerate(self.layers):
            y = list(biases)
            for value, row in zip(x, weights):
                for o, w in enumerate(row):
                    y[o] = y[o] + value * w
            if number + 1 < len(self.layers):
                y = [v if v > 0.0 else 0.0 for v in y]
            x = y
        top = max(x)
        powers = [exp(clamp(v - top, 700.0)) for v in x]
        total = 0.0
        for p in powers:
            total = total + p
        return [p / total for p in powers]


class Detector:
    """Joins the answers for points into findings for stretches."""

    def __init__(self, network):
        self.network = network
        self.model = Model()
        self.stretch = None  # [first, last, score, sums of kinds]
        self.points = 0  # of the stretch, up to the last that belongs to it
        self.quiet = 0  # points since then
        self.findings = []

    def add(self, t, x):
        m = self.model
        sums = [0.0] * len(KINDS)
        first = t
        if not abs(x) <= LARGEST or not m.in_order(t):
            sums[INVALID] = 1.0
            self.join(first, t, 1.0, sums)
            return
        before = m.time
        f, steps = m.add(t, x)
        score = 0.0
        if f is not None and m.count > WARM:
            p = self.network.answer(f)
            for kind in range(LEARNED):
                sums[kind] = p[kind]
                score = score + p[kind]
        if steps > 1:
            gap = float(steps - 1) / float(steps + 1)
            if gap > score:
                score, first = gap, before
                sums = [0.0] * len(KINDS)
                sums[GAP] = gap
        self.join(first, t, score, sums)

    def join(self, first, t, score, sums):
        if score < 0.5:
            if self.stretch is not None:
                self.quiet += 1
                if self.quiet == QUIET:
                    self.close()
            return
        s = self.stretch
        if s is None:
            self.stretch = [first, t, score, sums]
            self.points = 1
            self.quiet = 0
            return
        s[0] = min(s[0], first)
        s[1] = max(s[1], t)
        s[2] = max(s[2], score)
        s[3] = [a + b for a, b in zip(s[3], sums)]
        self.points += self.quiet + 1
        self.quiet = 0
        if self.points >= LONGEST:
            self.close()

    def close(self):
        self.findings.append(self.finding())
        self.stretch = None
        self.points = 0
        self.quiet = 0

    def finding(self):
        """Returns the open stretch as (first, last, score as the bits of an f32, kind)."""
        first, last, score, sums = self.stretch
        bits = struct.unpack("<I", struct.pack("<f", score))[0]
        return first, last, bits, sums.index(max(sums))
