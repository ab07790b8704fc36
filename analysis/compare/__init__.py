"""Two or more groups compared without time: contingency tables, proportions, ranks, means, balance, multiplicity."""

from analysis.compare.agreement import kappa
from analysis.compare.balance import standardised_difference
from analysis.compare.contingency import contingency_test, odds_ratio
from analysis.compare.multiplicity import adjust
from analysis.compare.paired import TESTS as PAIRED_TESTS
from analysis.compare.paired import paired_test
from analysis.compare.proportion import proportion, proportion_difference
from analysis.compare.samples import sample_test
from analysis.compare.summary import Summary, summarise
from analysis.compare.trend import trend_test

__all__ = [
    "PAIRED_TESTS",
    "Summary",
    "adjust",
    "contingency_test",
    "kappa",
    "odds_ratio",
    "paired_test",
    "proportion",
    "proportion_difference",
    "sample_test",
    "standardised_difference",
    "summarise",
    "trend_test",
]
