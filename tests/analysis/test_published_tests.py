"""The counts printed in the published tables give the printed p-values under the test each row used.

Counts and p: Xue et al., Front Oncol 2024;14:1376490, tables 1 and 2, doi 10.3389/fonc.2024.1376490.
"""

import math

import pytest

from cartwright.analysis.methods.compare import contingency_test, proportion, proportion_difference
from cartwright.analysis.methods.estimate import normal_quantile
from cartwright.analysis.methods.survival import LogRank, hazard_ratio_oe

ROWS = [
    ("male", (28, 26, 24, 15), "yates", 0.47),
    ("stage 3 or more", (49, 5, 34, 5), "yates", 0.84),
    ("IPI 3 or more", (29, 25, 20, 19), "yates", 0.98),
    ("LDH", (38, 8, 35, 4), "yates", 0.53),
    ("marrow", (11, 43, 4, 35), "yates", 0.31),
    ("CNS", (7, 47, 2, 37), "yates", 0.37),
    ("DLBCL NOS", (41, 13, 31, 8), "yates", 0.88),
    ("GCB", (27, 23, 13, 22), "yates", 0.19),
    ("TP53", (24, 26, 13, 20), "yates", 0.58),
    ("radiotherapy", (15, 39, 5, 34), "yates", 0.14),
    ("90 days", (40, 14, 26, 13), "yates", 0.59),
    ("CD19 positive", (26, 8, 9, 6), "yates", 0.40),
    ("overall response", (22, 32, 10, 28), "pearson", 0.15),
    ("complete response", (15, 39, 3, 35), "fisher", 0.03),
    ("response against polatuzumab", (7, 8, 22, 32), "fisher", 0.77),
    ("complete response against polatuzumab", (2, 13, 15, 39), "fisher", 0.33),
]


@pytest.mark.parametrize(("row", "counts", "test", "printed"), ROWS, ids=[row[0] for row in ROWS])
def test_printed_p_is_reproduced(row, counts, test, printed):
    a, b, c, d = counts
    assert contingency_test([[a, b], [c, d]], test).p == pytest.approx(printed, abs=0.00501)


def test_yates_beats_pearson_and_fisher_on_table_one():
    exact = {
        test: sum(
            abs(contingency_test([[c[0], c[1]], [c[2], c[3]]], test).p - p) < 0.00501
            for _, c, name, p in ROWS
            if name == "yates"
        )
        for test in ("yates", "pearson", "fisher")
    }
    assert exact["yates"] > exact["fisher"] > exact["pearson"]


def test_response_intervals():
    assert proportion(22, 54).text(3) == "0.407 (0.276-0.550)"
    difference = proportion_difference(22, 54, 10, 38)
    assert (round(difference.ci_low, 3), round(difference.ci_high, 3)) == (-0.054, 0.319)


def test_headline_limits_are_those_of_an_observed_expected_ratio():
    """HR .52 (.32-.86) with 42 and 34 events: the expected numbers that give the ratio give the printed limits."""
    ratio, total, observed = 0.5235, 76, (42, 34)
    expected_a = total * observed[0] / (observed[0] + ratio * observed[1])
    half = normal_quantile(0.95) * math.sqrt(1 / expected_a + 1 / (total - expected_a))
    import numpy as np

    test = LogRank(
        ["a", "b"],
        np.array(observed, float),
        np.array([expected_a, total - expected_a]),
        np.eye(2),
        8.8,
        1,
        0.003,
        "logrank",
    )
    found = hazard_ratio_oe(test, "a", "b")
    assert found.ci_low == pytest.approx(math.exp(math.log(ratio) - half))
    assert (round(found.ci_low, 2), round(found.ci_high, 2)) == (0.32, 0.86)
