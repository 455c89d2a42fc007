"""How the model stands beside its peers, case by case, within one run."""

import math

import samples
from results import MODEL, NULL, by_case, by_family


class Standing:
    """One case: its subjects' benchmarks, of which one is the model's."""

    def __init__(self, case, subjects):
        self.case = case
        self.model = subjects[MODEL]
        self.peers = {
            name: benchmark for name, benchmark in subjects.items() if name not in (MODEL, NULL)
        }
        self.best = min(self.peers.values(), key=lambda peer: peer.median, default=None)

    @property
    def family(self):
        return self.model.family

    def ratio(self, peer):
        """The peer's value over the model's: above 1 the model needs less."""
        return samples.ratio(peer.median, self.model.median)

    def baseline_ratio(self, baseline):
        """The baseline's value over the model's, or None where it isn't in this case."""
        return self.ratio(self.peers[baseline]) if baseline in self.peers else None

    @property
    def best_ratio(self):
        return self.ratio(self.best)

    @property
    def is_behind(self):
        """A peer needs less than the model."""
        return self.best is not None and self.best.median < self.model.median

    @property
    def is_clearly_behind(self):
        """And the middle halves of the two's repetitions don't overlap."""
        if not self.is_behind:
            return False
        _, _, peer_high = samples.quartiles(self.best.values)
        model_low, _, _ = samples.quartiles(self.model.values)
        return peer_high < model_low


def standings(results):
    """Each case that has the model and a peer, family by family."""
    cases = by_case(results.benchmarks.values())
    found = [Standing(case, subjects) for case, subjects in cases.items() if MODEL in subjects]
    families = by_family([standing for standing in found if standing.best is not None])
    return [standing for members in families.values() for standing in members]


def behind(all_standings):
    """The cases in which a peer needs less than the model, the worst first."""
    return sorted((one for one in all_standings if one.is_behind), key=lambda one: one.best_ratio)


def baseline_means(all_standings, baseline):
    """Family -> the geometric mean of the baseline's ratios, and of how many cases: those in which
    the model needs anything."""
    means = {}
    for family, members in by_family(all_standings).items():
        ratios = [one.baseline_ratio(baseline) for one in members]
        ratios = [value for value in ratios if value is not None and math.isfinite(value)]
        if ratios:
            means[family] = (samples.geometric_mean(ratios), len(ratios))
    return means
