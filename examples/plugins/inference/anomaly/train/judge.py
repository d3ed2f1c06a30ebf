"""Counts what a detector found of the faults, and what it found elsewhere."""

import numpy as np

QUIET = 3  # points below the threshold that end a stretch
AFTER = 24  # points after a fault in which the series returns: a finding there is no false alarm


def stretches(score, threshold):
    """Returns (first, last) of each stretch of points whose score reaches the threshold."""
    out = []
    for i in np.flatnonzero(score >= threshold):
        if out and i - out[-1][1] <= QUIET:
            out[-1][1] = i
        else:
            out.append([i, i])
    return out


def count(found, faults):
    """Returns found faults of each kind, faults of each kind, right and all findings."""
    hit = np.zeros(5, int)
    total = np.zeros(5, int)
    for kind, start, end, _ in faults:
        total[kind] += 1
        hit[kind] += any(first < end and last >= start for first, last in found)
    right = sum(any(first < end + AFTER and last >= start for _, start, end, _ in faults) for first, last in found)
    return hit, total, right, len(found)


def f1(counts):
    """Returns precision, recall and F1 of a sum of counts."""
    hit, total, right, all_ = (sum(c[i] for c in counts) for i in range(4))
    precision = right / all_ if all_ else 1.0
    recall = hit.sum() / total.sum()
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def tune(scored, thresholds):
    """Returns the threshold with the largest F1 on series with their faults."""
    return max(thresholds, key=lambda t: f1([count(stretches(s, t), faults) for s, faults in scored])[2])
