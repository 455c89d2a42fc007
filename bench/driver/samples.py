"""A benchmark's repetitions as few numbers."""

import math
import statistics


def quartiles(values):
    """The lower quartile, the median and the upper quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def spread(values):
    """Half the distance of the quartiles as a part of the median; None of a single value."""
    low, median, high = quartiles(values)
    if len(values) == 1:
        return None
    return (high - low) / 2 / median if median else 0.0


def ratio(value, reference):
    """value / reference, also where there is nothing to divide by."""
    if reference:
        return value / reference
    return 1.0 if not value else math.inf


def geometric_mean(ratios):
    """Of numbers of which none is below 0."""
    if any(value == 0 for value in ratios):
        return 0.0
    return math.exp(sum(math.log(value) for value in ratios) / len(ratios))
