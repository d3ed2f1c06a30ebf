"""Which months to flag: those whose mean is above a limit."""

from collections import defaultdict
from datetime import datetime, timezone

import wit_world
from componentize_py_types import Err
from wit_world.exports import windows
from wit_world.imports import metrics


class Windows(wit_world.exports.Windows):
    def flag(self, raw: str, limit: float) -> list[windows.Window]:
        try:
            return above(raw, limit)
        except (OverflowError, ValueError, OSError) as error:  # of a time that is no date
            raise Err(str(error)) from None


def above(raw: str, limit: float) -> list[windows.Window]:
    months = defaultdict(list)
    for point in metrics.validate_stream(raw):  # its error becomes ours
        months[start_of_month(point.timestamp)].append(point)
    flagged = []
    for start, points in sorted(months.items()):
        mean, _, _ = metrics.compute_aggregate(points)
        if mean > limit:
            flagged.append(windows.Window(start, len(points), mean))
    return flagged


def start_of_month(seconds: int) -> int:
    at = datetime.fromtimestamp(seconds, timezone.utc)
    return int(datetime(at.year, at.month, 1, tzinfo=timezone.utc).timestamp())
