"""The driver's statistics, against published values and against counting everything out."""

import itertools
import math
import sys
import unittest

import junit

import samples
from rank_tests import (
    holm,
    least_mann_whitney_p,
    mann_whitney,
    mann_whitney_counts,
    signed_rank,
    signed_rank_counts,
    two_sided_normal,
)

# Hollander and Wolfe (1973), pages 69 and 29: permeability of a membrane; depression scores. These
# and the next are the examples of R's wilcox.test.
PERMEABILITY = (
    (0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46),
    (1.15, 0.88, 0.90, 0.74, 1.21),
)
DEPRESSION = (
    (1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30),
    (0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29),
)
# Ozone in New York in May and in August 1973, which has ties.
MAY = "41 36 12 18 28 23 19 8 7 16 11 14 18 14 34 6 30 11 1 11 4 32 23 45 115 37"
AUGUST = "39 9 16 78 35 66 122 89 110 44 28 65 22 59 23 31 44 21 9 45 168 73 76 118 84 85"


class MannWhitney(unittest.TestCase):
    def test_published_samples_without_ties(self):
        outcome = mann_whitney(*PERMEABILITY)
        self.assertEqual(outcome.statistic, 35)
        self.assertAlmostEqual(outcome.p, 2 * 0.1272, places=4)
        # scipy's example: ages at a diagnosis.
        outcome = mann_whitney((19, 22, 16, 29, 24), (20, 11, 17, 12))
        self.assertEqual(outcome.statistic, 17)
        self.assertAlmostEqual(outcome.p, 1 / 9, places=9)

    def test_published_samples_with_ties(self):
        outcome = mann_whitney([int(x) for x in MAY.split()], [int(x) for x in AUGUST.split()])
        self.assertEqual(outcome.statistic, 127.5)
        self.assertAlmostEqual(outcome.p, 0.0001208, places=7)

    def test_critical_values_of_tables(self):
        # At 5% on both sides: the largest U that is significant, for samples of equal size.
        for size, critical in ((4, 0), (5, 2), (6, 5), (8, 13), (10, 23), (15, 64), (20, 127)):
            counts = mann_whitney_counts(size, size)
            tails = list(itertools.accumulate(counts))
            total = math.comb(2 * size, size)
            self.assertLessEqual(2 * tails[critical] / total, 0.05, size)
            self.assertGreater(2 * tails[critical + 1] / total, 0.05, size)

    def test_counts_are_those_of_all_orders(self):
        for n, m in ((1, 1), (2, 3), (3, 2), (4, 4), (5, 3)):
            counts = [0] * (n * m + 1)
            for places in itertools.combinations(range(n + m), n):
                counts[sum(places) - n * (n - 1) // 2] += 1
            self.assertEqual(mann_whitney_counts(n, m), counts)

    def test_sides_are_alike_and_equal_samples_do_not_differ(self):
        first, second = PERMEABILITY
        self.assertEqual(mann_whitney(first, second).p, mann_whitney(second, first).p)
        self.assertEqual(mann_whitney((5, 5, 5), (5, 5, 5)).p, 1)
        self.assertGreater(mann_whitney((1, 3, 5, 7), (2, 4, 6, 8)).p, 0.5)

    def test_exact_and_normal_agree_where_one_takes_over(self):
        for shift in (2.5, 5.5, 7.5):
            exact = mann_whitney(range(49), [index + shift for index in range(49)])
            normal = two_sided_normal(exact.statistic - 49 * 49 / 2, 49 * 49 / 12 * 99)
            self.assertAlmostEqual(exact.p, normal, delta=0.05 * exact.p)

    def test_no_p_is_below_the_least(self):
        for n, m in ((1, 1), (3, 4), (5, 5), (9, 9)):
            p = mann_whitney(range(n), range(n, n + m)).p
            self.assertAlmostEqual(p, least_mann_whitney_p(n, m), places=12)


class SignedRank(unittest.TestCase):
    def test_published_pairs(self):
        outcome = signed_rank([one - other for one, other in zip(*DEPRESSION)])
        self.assertEqual(outcome.statistic, 40)
        self.assertAlmostEqual(outcome.p, 0.0390625, places=9)

    def test_critical_values_of_tables(self):
        for size, critical in ((6, 0), (7, 2), (8, 3), (10, 8), (15, 25), (20, 52)):
            tails = list(itertools.accumulate(signed_rank_counts(size)))
            self.assertLessEqual(2 * tails[critical] / 2**size, 0.05, size)
            self.assertGreater(2 * tails[critical + 1] / 2**size, 0.05, size)

    def test_zeros_say_nothing(self):
        self.assertEqual(signed_rank([0, 0]).p, 1)
        self.assertEqual(signed_rank([0, 1, 2, -3]), signed_rank([1, 2, -3]))

    def test_ties_take_the_normal_approximation(self):
        # n = 10, V = 50 with one tie of two: the variance is 96.25 - 6 / 48.
        outcome = signed_rank([2, 2, 3, 4, 5, 6, 7, 8, 9, -4.5])
        self.assertEqual(outcome.statistic, 50)
        z = (50 - 27.5 - 0.5) / math.sqrt(96.25 - 0.125)
        self.assertAlmostEqual(outcome.p, math.erfc(z / math.sqrt(2)), places=12)


class Holm(unittest.TestCase):
    def test_published_adjustment(self):
        for raw, adjusted in (
            ((0.01, 0.04, 0.03, 0.005), (0.03, 0.06, 0.06, 0.02)),
            ((0.5,), (0.5,)),
            ((0.9, 0.8), (1, 1)),
            ((), ()),
        ):
            for got, wanted in zip(holm(raw), adjusted, strict=True):
                self.assertAlmostEqual(got, wanted, places=12)


class Samples(unittest.TestCase):
    def test_quartiles_spread_and_means(self):
        self.assertEqual(samples.quartiles([1, 2, 3, 4, 5]), (2, 3, 4))
        self.assertAlmostEqual(samples.spread([5, 1, 4, 2, 3]), 1 / 3)
        self.assertIsNone(samples.spread([7]))
        self.assertAlmostEqual(samples.geometric_mean([2, 8]), 4)
        self.assertEqual(samples.geometric_mean([2, 0]), 0)

    def test_a_ratio_to_nothing(self):
        self.assertEqual(samples.ratio(0, 0), 1)
        self.assertEqual(samples.ratio(3, 0), math.inf)
        self.assertEqual(samples.ratio(3, 2), 1.5)


if __name__ == "__main__":
    sys.exit(junit.run_unittests("rank_tests"))
