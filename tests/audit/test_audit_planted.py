"""Twenty errors planted in a coherent file are all found, each by the check meant for it, and nothing else is."""

from __future__ import annotations

import pandas as pd
import pytest

from cartwright.analysis.audit import Claims, audit
from cartwright.analysis.audit.percentage import check_percentages
from coherent_claims import coherent, statements

# what is changed: claim, new cells (None: the claim is taken out); what must be found: check, verdict, claim in doubt
PLANTED = [
    ("t1.male.a", {"value": "51.7"}, "percentage", "incoherent", "t1.male.a"),
    ("t1.stage.a", {"value": "87.9"}, "percentage", "incoherent", "t1.stage.a"),
    ("t1.marker.a", {"value": "54.9"}, "percentage", "incoherent", "t1.marker.a"),
    ("dose.below", {"numerator": "20", "value": "28.5"}, "percentage", "rounding", "dose.below"),
    ("dose.below", {}, "quantile_share", "incoherent", "dose.below"),
    ("t1.stage.p", {"p_value": "0.013"}, "p_from_counts", "incoherent", "t1.stage.p"),
    ("male.all", {"numerator": "71", "value": "59.2"}, "group_sum", "incoherent", "male.all"),
    ("hist.z", {"value": "21"}, "level_sum", "incoherent", "hist.x"),
    ("fn.marker", {"value": "12"}, "unknown", "incoherent", "fn.marker"),
    ("abs.os.median.a", {"value": "9.8"}, "printed_twice", "incoherent", "abs.os.median.a"),
    (
        "t2.pfs.uni.bulky",
        {"value": "1.25", "ci_low": "0.72", "ci_high": "2.16", "p_value": "0.43"},
        "repeated_cell",
        "suspicious",
        "t2.pfs.uni.bulky",
    ),
    ("t2.os.uni.sex", {"value": "1.31"}, "interval", "incoherent", "t2.os.uni.sex"),
    ("t2.pfs.uni.stage", {"p_value": "0.81"}, "p_from_interval", "incoherent", "t2.pfs.uni.stage"),
    (
        "or.bridging",
        {"value": "0.17", "ci_low": "0.06", "ci_high": "0.48", "p_value": "0.0009", "p_operator": "="},
        "odds_ratio",
        "incoherent",
        "or.bridging",
    ),
    (
        "t2.os.uni.age",
        {"ci_low": "0.84", "ci_high": "1.31", "p_value": "0.67"},
        "event_bound",
        "incoherent",
        "t2.os.uni.age",
    ),
    ("os.median.a", {"ci_high": "NE"}, "limit_reached", "suspicious", "os.median.a"),
    ("q.age.iqr.b", {"ci_low": "59", "ci_high": "66"}, "order", "incoherent", "q.age.iqr.b"),
    ("q.ldh.median.all", {"value": "290"}, "pooled_quantile", "incoherent", "q.ldh.median.all"),
    ("t1.cns.p", None, "missing_p", "not_computable", "t1.cns.a"),
    ("ferritin", {"unit": "pg/ml"}, "unit", "suspicious", "ferritin"),
    ("t2.os.multi.ecog", None, "entry_rule", "suspicious", "t2.os.uni.ecog"),
    ("local.a", {"numerator": "30", "value": "44.1"}, "implication", "incoherent", "bridging.a"),
]


def planted():
    claims = coherent().set_index("id", drop=False)
    for identifier, cells, *_ in PLANTED:
        if cells is None:
            claims = claims.drop(index=identifier)
        else:
            claims.loc[identifier, list(cells)] = list(cells.values())
    return claims


def test_a_coherent_file_has_no_finding():
    assert audit(coherent(), statements()).empty


def test_the_errors_are_many():
    """One of them is wrong in two ways."""
    assert len({identifier for identifier, *_ in PLANTED}) == 21


def test_a_wrong_last_digit_of_any_percentage_is_found():
    claims = coherent()
    shares = claims["statistic"] == "proportion"
    claims.loc[shares, "value"] = [f"{float(value) + 0.2:.1f}" for value in claims.loc[shares, "value"]]
    found = [finding.claim_id for finding in check_percentages(Claims(claims))]
    assert found == claims.loc[shares, "id"].tolist()


def test_every_planted_error_is_found_and_nothing_else():
    found = audit(planted(), statements())
    assert set(zip(found["check"], found["verdict"], found["claim_id"], strict=True)) == {
        tuple(expected) for _, _, *expected in PLANTED
    }
    assert len(found) == len(PLANTED)
    assert found["arithmetic"].str.contains(r"\d").mean() > 0.9  # the numbers are shown


@pytest.mark.parametrize("order", [1, -1])
def test_findings_do_not_depend_on_the_order_of_unrelated_rows(order):
    claims = coherent()
    head = claims[claims["measure"] == "cohort_size"]
    rest = claims[claims["measure"] != "cohort_size"][::order]
    assert audit(pd.concat([rest, head]), statements()).empty
