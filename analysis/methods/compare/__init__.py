"""Two or more groups compared without time: contingency tables, proportions, ranks, means, balance, multiplicity."""

from cartwright.analysis.methods.compare.agreement import kappa
from cartwright.analysis.methods.compare.balance import standardised_difference
from cartwright.analysis.methods.compare.contingency import contingency_test, odds_ratio
from cartwright.analysis.methods.compare.multiplicity import adjust
from cartwright.analysis.methods.compare.paired import TESTS as PAIRED_TESTS
from cartwright.analysis.methods.compare.paired import paired_test
from cartwright.analysis.methods.compare.proportion import proportion, proportion_difference
from cartwright.analysis.methods.compare.samples import sample_test
from cartwright.analysis.methods.compare.summary import Summary, summarise
from cartwright.analysis.methods.compare.trend import trend_test

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
