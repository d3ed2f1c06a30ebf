"""Writes vectors.json, calls with the answers that model.py gives, in the notation of
docs/vectors.md, and seattle.json, what it finds in a year of temperatures: python3 vectors.py"""

import copy
import hashlib
import json
import math
import pathlib
import random
import struct
import zlib

from model import Detector, KINDS
from network import read
from state import encode

HERE = pathlib.Path(__file__).parent
DATA = HERE / "../../../../data/seattle-temps-2010.json"
DETECT = "org:inference/events#detect"
INFO = "org:inference/events#info"
HOUR = 3600


def types():
    point = {"record": [["timestamp", "u64"], ["value", "f64"]]}
    finding = {"record": [["first", "u64"], ["last", "u64"], ["score", "f32"], ["kind", "u32"]]}
    detection = {"record": [["state", {"list": "u8"}], ["findings", {"list": finding}], ["open", {"option": finding}]]}
    error = {"variant": [["invalid-input", "string"], ["invalid-state", "string"], ["invalid-model", "string"], ["too-large", "string"]]}
    card = {"record": [["name", "string"], ["version", "string"], ["licence", "string"], ["weights", "string"], ["labels", {"list": "string"}]]}
    return {
        INFO: {"params": [], "result": card},
        DETECT: {"params": [{"list": "u8"}, {"list": point}], "result": {"result": [detection, error]}},
    }


def bits(x):
    return struct.pack(">d", x).hex()


def lower(points):
    return [{"timestamp": str(t), "value": bits(x)} for t, x in points]


def finding(f):
    first, last, score, kind = f
    return {"first": str(first), "last": str(last), "score": "%08x" % score, "kind": kind}


def hexed(data):
    return {"hex": data.hex()}


class Series:
    """A detector whose calls become cases."""

    def __init__(self, cases):
        self.detector = Detector(NETWORK)
        self.cases = cases
        self.state = b""

    def skip(self, points):
        """Adds points without a case."""
        for t, x in points:
            self.detector.add(t, x)
        self.detector.findings.clear()
        self.state = encode(self.detector)

    def case(self, name, points):
        before = self.state
        points = list(points)
        d = self.detector
        for t, x in points:
            d.add(t, x)
        self.state = encode(d)
        value = {
            "state": hexed(self.state),
            "findings": [finding(f) for f in d.findings],
            "open": None if d.stretch is None else finding(d.finding()),
        }
        d.findings.clear()
        self.cases.append({"id": name, "call": DETECT, "args": [hexed(before), lower(points)], "want": {"value": {"ok": value}}})
        return self


NETWORK = read()


def wave(rng, n, start=0, scale=1.0, noise=0.1):
    """Makes a season of 24 points with noise, without a mathematical library's sine."""
    out = []
    for i in range(start, start + n):
        phase = i % 24
        x = phase * (24 - phase) / 48.0 + noise * (rng.random() - 0.5)
        out.append((1_000_000 + HOUR * i, scale * x))
    return out


def faulty(cases):
    """A case for each kind of fault, and for what else may come."""
    rng = random.Random(1)
    ring = wave(rng, 200)
    begun = Series(cases)
    begun.skip(ring)

    def case(name, change, n=60):
        s = copy.deepcopy(begun)
        s.cases = cases
        points = wave(rng, n, 200)
        s.case(f"detect/{name}", change(points))

    def values(f):
        return lambda points: [(t, f(i, x)) for i, (t, x) in enumerate(points)]

    case("nothing", values(lambda i, x: x))
    case("spike", values(lambda i, x: x + (4.0 if i == 20 else 0.0)))
    case("shift", values(lambda i, x: x + (1.5 if 15 <= i < 45 else 0.0)))
    case("drift", values(lambda i, x: x + i / 10.0))
    case("stuck", values(lambda i, x: x if i < 10 else 2.5))
    case("noise", values(lambda i, x: x + (3.0 * (rng.random() - 0.5) if 10 <= i < 40 else 0.0)))
    case("gap", lambda p: p[:20] + p[25:])
    case("long gap", lambda p: p[:20] + [(t + 1000 * HOUR, x) for t, x in p[20:]])
    case("longest gap", lambda p: p[:5] + [(2**64 - 2, 1.0), (2**64 - 1, 2.0), (2**64 - 1, 2.0)], 6)
    case("not finite", values(lambda i, x: {7: math.nan, 8: math.inf, 9: -math.inf, 30: 1e201, 31: -1e300}.get(i, x)))
    case("duplicates", lambda p: [q for q in p for _ in range(2)], 20)
    case("clock set back", lambda p: p[:20] + [(t - 100 * HOUR, x) for t, x in p[20:]], 70)
    case("unordered", lambda p: rng.sample(p, len(p)))
    case("other interval", lambda p: [(p[0][0] + 600 * i, x) for i, (_, x) in enumerate(p)])
    case("slower", lambda p: [(p[0][0] + 86400 * i, x) for i, (_, x) in enumerate(p)])
    case("jitter", lambda p: [(t + rng.randrange(1200), x) for t, x in p])
    case("large and small", values(lambda i, x: [1e200, -1e200, 5e-324, -0.0, 1e-308, 2.5][i % 6]))


def other_series(cases):
    rng = random.Random(2)
    s = Series(cases)
    s.case("detect/no points", [])
    s.case("detect/no points again", [])
    s.case("detect/one point", [(0, 0.0)])
    s.case("detect/two points", [(1, 1.0)])
    s.case("detect/short", [(2**63, -1.0), (2**63 + 1, 3.0)])
    Series(cases).case("detect/constant", [(i, 7.25) for i in range(100)] + [(100, 7.5)])
    Series(cases).case("detect/zero", [(i, 0.0) for i in range(100)] + [(100, -0.0), (101, 5e-324)])
    Series(cases).case("detect/only invalid", [(i, math.nan) for i in range(180)])
    Series(cases).case("detect/tiny", wave(rng, 160, 0, 1e-308))
    Series(cases).case("detect/huge", wave(rng, 160, 0, 1e198))
    walk, x = [], 0.0
    for i in range(240):
        x += rng.random() - 0.5
        walk.append((60 * i, x))
    Series(cases).case("detect/walk", walk)
    s = Series(cases)
    points = [(p["timestamp"], float(p["value"])) for p in json.loads(DATA.read_text())]
    s.case("detect/temperatures", points[:150])
    for i in range(1, 4):
        s.case(f"detect/temperatures, {i}", points[70 * i + 80 : 70 * i + 150])


def damaged(cases):
    s = Series([])
    s.skip(wave(random.Random(3), 120) + [(2**40, math.nan)])
    good = s.state

    def sealed(data):
        return data[:-4] + struct.pack("<I", zlib.crc32(data[:-4]))

    def put(at, data):
        return sealed(good[:at] + data + good[at + len(data) :])

    begins = "it does not begin as the states of this version do"
    length = lambda n: f"it has {n} bytes instead of {len(good)}"
    numbers = "its numbers are impossible"
    number = lambda i: 12 + 8 * i
    stretch = len(good) - 4 - 8 * 13
    for name, state, message in [
        ("one byte", good[:1], begins),
        ("another magic", put(0, b"x"), begins),
        ("another version", put(7, b"\x02"), begins),
        ("without its end", good[:-1], length(len(good) - 1)),
        ("with more", good + b"\0", length(len(good) + 1)),
        ("half", good[: len(good) // 2], length(len(good) // 2)),
        ("a flipped bit", good[:100] + bytes([good[100] ^ 4]) + good[101:], "its checksum is wrong"),
        ("another model", put(8, b"\0\0\0\0"), "it is of a model with other weights"),
        ("a slot beyond", put(number(8), struct.pack("<Q", 24)), numbers),
        ("a head beyond", put(number(9), struct.pack("<Q", 48)), numbers),
        ("not a number", put(number(10), struct.pack("<d", math.nan)), numbers),
        ("infinite", put(number(60), struct.pack("<d", -math.inf)), numbers),
        ("beyond", put(number(11), struct.pack("<d", 1e211)), numbers),
        ("a stretch of 2", put(stretch, struct.pack("<Q", 2)), numbers),
        ("a long stretch", put(stretch + 24, struct.pack("<Q", 168)), numbers),
        ("quiet for long", put(stretch + 32, struct.pack("<Q", 3)), numbers),
        ("a stretch of no points", put(stretch + 24, struct.pack("<Q", 0)), numbers),
        ("a stretch that ends before it begins", put(stretch + 16, struct.pack("<Q", 0)), numbers),
        ("a score above 1", put(stretch + 40, struct.pack("<d", 1.001)), numbers),
        ("a score below that of a stretch", put(stretch + 40, struct.pack("<d", 0.499)), numbers),
        ("numbers without a stretch", put(stretch, struct.pack("<Q", 0)), numbers),
    ]:
        cases.append({
            "id": f"state/{name}",
            "call": DETECT,
            "args": [hexed(state), lower([(2**41, 1.0)])],
            "want": {"value": {"err": {"invalid-state": message}}},
        })  # fmt: skip


def card():
    return {
        "id": "info",
        "call": INFO,
        "args": [],
        "want": {"value": {
            "name": "anomaly", "version": "1.0.0", "licence": "Apache-2.0",
            "weights": hashlib.sha256((HERE / "../weights.bin").read_bytes()).hexdigest(),
            "labels": KINDS,
        }},
    }  # fmt: skip


def year():
    """What is found in the year of temperatures with a few faults; the state by its hash."""
    d = Detector(NETWORK)
    for i, p in enumerate(json.loads(DATA.read_text())):
        x = float(p["value"])
        if i % 1000 == 500:
            x += 9.0
        elif 1700 <= i < 1740:
            x = 50.0
        elif 3200 <= i < 3300:
            x += (i - 3200) / 8.0
        elif 5300 <= i < 5360:
            x -= 6.0
        d.add(p["timestamp"], x)
    return {"sha256": hashlib.sha256(encode(d)).hexdigest(), "findings": d.findings, "open": d.stretch is not None}


def main():
    cases = [card()]
    other_series(cases)
    faulty(cases)
    damaged(cases)
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    head = json.dumps({"format": 2, "world": "org:inference/detector@0.1.0", "functions": types()}, separators=(",", ":"))
    (HERE / "../testdata/vectors.json").write_text(head[:-1] + ',"cases":[\n' + lines + "\n]}\n")
    (HERE / "../testdata/seattle.json").write_text(json.dumps(year()).replace("[[", "[\n[").replace("], [", "],\n[") + "\n")


if __name__ == "__main__":
    main()
