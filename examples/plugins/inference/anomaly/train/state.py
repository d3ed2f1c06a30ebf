"""The bytes of a state, written a second time: see src/state.rs."""

import pathlib
import struct
import zlib

from model import KINDS

MAGIC = b"anomaly\x01"


def encode(d):
    """Returns the state of a detector."""
    weights = (pathlib.Path(__file__).parent / "../weights.bin").read_bytes()
    m = d.model
    out = MAGIC + struct.pack("<I", zlib.crc32(weights))
    out += struct.pack(
        "<10Q", m.count, m.time, m.interval, m.other, m.others, m.back_time, m.backs, m.run, m.slot, m.head
    )
    means = [
        m.level, m.slow, m.step_scale, m.rest_scale, m.season_scale, m.drift_scale,
        m.rest6, m.rest24, m.rest96, m.step6, m.step24, m.run_season, m.equal, *m.last, m.last_rest,
    ]  # fmt: skip
    for x in [*m.ring, *m.season, *means]:
        out += struct.pack("<d", x)
    if d.stretch is None:
        out += bytes(8 * (6 + len(KINDS)))
    else:
        first, last, score, sums = d.stretch
        out += struct.pack("<5Q", 1, first, last, d.points, d.quiet)
        out += struct.pack("<d", score) + struct.pack(f"<{len(KINDS)}d", *sums)
    return out + struct.pack("<I", zlib.crc32(out))
