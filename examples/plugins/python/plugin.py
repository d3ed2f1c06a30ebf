"""A plugin in Python for the contract of compute-pipeline, in the grade stable."""

# All imports are here: the component is made when they are done, and a later one would need
# files, which the plugin cannot read.
import binascii
import json
import math
import re
import struct

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.metrics import Datapoint


class Metrics(exports.Metrics):
    def compute_aggregate(self, points: list[Datapoint]) -> list[float]:
        """The two-pass algorithm (T. F. Chan, G. H. Golub and R. J. LeVeque, "Algorithms for
        computing the sample variance", The American Statistician 37, 1983)."""
        n = len(points)
        if n == 0:
            return [0.0, 0.0, 0.0]
        total = sum(point.value for point in points)
        mean = total / n
        differences = [point.value - mean for point in points]
        # Not d ** 2, which raises an OverflowError where d * d is an infinity.
        return [mean, sum(d * d for d in differences) / n, total]

    def validate_stream(self, raw: str) -> list[Datapoint]:
        try:
            points = parse(raw)
        except ValueError as error:  # and no MemoryError, which is no answer
            raise Err(f"Parse failed: {error}") from None
        if not points:
            raise Err("Empty dataset")
        return points


class Pipeline(exports.Pipeline):
    def process_batch(self, input: bytes) -> bytes:
        last = {
            timestamp: value
            for timestamp, value in POINT.iter_unpack(input)  # raises an error, as the contract wants
            if math.isfinite(value)
        }
        return b"".join(POINT.pack(*point) for point in sorted(last.items()))

    def validate_checksum(self, data: bytes, expected: int) -> bool:
        return binascii.crc32(data) == expected


POINT = struct.Struct("<Qd")


class Integer(str):
    """A number of JSON without a point or exponent, as it was written."""


class Real(str):
    """Any other number, as it was written."""


def refuse(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


decoder = json.JSONDecoder(parse_int=Integer, parse_float=Real, parse_constant=refuse)


# The decoder calls itself for each level, and the sandbox has room for some 150.
MAX_LEVELS = 64
BETWEEN_BRACKETS = re.compile(r'(?:[^][{}"]++|"(?:[^"\\]++|\\.)*+")++', re.DOTALL)


def parse(text: str) -> list[Datapoint]:
    brackets = BETWEEN_BRACKETS.sub("", text)
    for _ in range(MAX_LEVELS):
        brackets = brackets.replace("[]", "").replace("{}", "")
    if brackets:
        raise ValueError(f"brackets do not match, or have more than {MAX_LEVELS} levels")
    records = decoder.decode(text)
    if type(records) is not list:
        raise ValueError("expected an array")
    return [datapoint(record, number) for number, record in enumerate(records, 1)]


MAX_TIMESTAMP = 2**64 - 1


def datapoint(record: object, number: int) -> Datapoint:
    if type(record) is not dict:
        raise ValueError(f"record {number}: expected an object")
    for field in ("timestamp", "value"):
        if field not in record:
            raise ValueError(f"record {number}: missing field `{field}`")
        if type(record[field]) not in (Integer, Real):
            raise ValueError(f"record {number}: {field}: expected a number")
    digits, value = record["timestamp"], float(record["value"])
    if (
        type(digits) is Real
        or digits.startswith("-")
        or len(digits) > 20
        or int(digits) > MAX_TIMESTAMP
    ):
        raise ValueError(f"record {number}: timestamp: expected an integer from 0 to 2^64-1")
    if not math.isfinite(value):
        raise ValueError(f"record {number}: value: the number is out of range")
    return Datapoint(int(digits), value)
