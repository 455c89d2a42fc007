"""Tests of ranks: whether two samples differ by more than chance would make them.

They ask nothing of how times are distributed, which is skewed: a disturbance only ever adds.
"""

import functools
import math
from typing import NamedTuple

# Up to this size of a sample the distribution is counted out; above it, it is near the normal one.
EXACT_UP_TO = 49


class Outcome(NamedTuple):
    """A test's statistic and its two-sided p-value."""

    statistic: float
    p: float


def ranks(values):
    """The ranks of values from 1, equal values sharing their mean rank; the sizes of such ties."""
    order = sorted(range(len(values)), key=lambda index: values[index])
    result, ties = [0.0] * len(values), []
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for index in order[start:end]:
            result[index] = (start + 1 + end) / 2
        if end - start > 1:
            ties.append(end - start)
        start = end
    return result, ties


def two_sided_normal(distance, variance):
    """The p-value of a statistic that far from its mean, corrected for being a whole number."""
    if variance <= 0:
        return 1.0
    z = max(0.0, abs(distance) - 0.5) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))


def two_sided_exact(counts, statistic):
    """The p-value of a statistic, where value u arises in counts[u] equally likely ways."""
    tail = min(statistic, len(counts) - 1 - statistic)
    return min(1.0, 2 * sum(counts[: int(tail) + 1]) / sum(counts))


@functools.lru_cache(maxsize=None)
def mann_whitney_counts(first, second):
    """In how many of the orders of two samples of these sizes U is 0, 1, ...

    These are the coefficients of the product of (1 - q^(second + i)) / (1 - q^i), i from 1 to
    `first`.
    """
    size = first * second + 1
    counts = [1] + [0] * (size - 1)
    for i in range(1, first + 1):
        for u in range(size - 1, second + i - 1, -1):
            counts[u] -= counts[u - second - i]
        for u in range(i, size):
            counts[u] += counts[u - i]
    return counts


def mann_whitney(first, second):
    """Whether one of two independent samples tends to larger values. U is that of the first."""
    n, m = len(first), len(second)
    ranked, ties = ranks([*first, *second])
    u = sum(ranked[:n]) - n * (n + 1) / 2
    if not ties and max(n, m) <= EXACT_UP_TO:
        return Outcome(u, two_sided_exact(mann_whitney_counts(n, m), u))
    total = n + m
    tied = sum(tie**3 - tie for tie in ties) / (total * (total - 1))
    return Outcome(u, two_sided_normal(u - n * m / 2, n * m / 12 * (total + 1 - tied)))


def least_mann_whitney_p(first, second):
    """The p-value of samples of these sizes that don't overlap: none is smaller."""
    return 2 / math.comb(first + second, first)


@functools.lru_cache(maxsize=None)
def signed_rank_counts(size):
    """In how many of the choices of signs the positive ranks' sum is 0, 1, ..."""
    counts = [1]
    for rank in range(1, size + 1):
        longer = counts + [0] * rank
        for index, count in enumerate(counts):
            longer[index + rank] += count
        counts = longer
    return counts


def signed_rank(differences):
    """Wilcoxon's test whether differences lie around 0. The statistic: the positive ranks' sum."""
    nonzero = [value for value in differences if value != 0]
    n = len(nonzero)
    if n == 0:
        return Outcome(0, 1.0)
    ranked, ties = ranks([abs(value) for value in nonzero])
    v = sum(rank for rank, value in zip(ranked, nonzero) if value > 0)
    if not ties and n <= EXACT_UP_TO:
        return Outcome(v, two_sided_exact(signed_rank_counts(n), v))
    variance = n * (n + 1) * (2 * n + 1) / 24 - sum(tie**3 - tie for tie in ties) / 48
    return Outcome(v, two_sided_normal(v - n * (n + 1) / 4, variance))


def holm(p_values):
    """The p-values, adjusted so that alpha bounds the chance of even one false finding."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = highest
    return adjusted
