"""The findings in the printed figures of the study, each known beforehand from reading the paper and redone by hand.

Source: Xue et al., Front Oncol 2024;14:1376490, doi 10.3389/fonc.2024.1376490.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from cartwright.analysis.audit import VERDICTS, Claims, audit, event_bounds, odds_ratio_tables

STUDY = Path(__file__).resolve().parents[2] / "studies" / "cd20_salvage"


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(STUDY / name, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def claims() -> pd.DataFrame:
    return read("published_claims.csv")


@pytest.fixture(scope="module")
def findings(claims) -> pd.DataFrame:
    return audit(claims, read("published_statements.csv"))


EXPECTED = {
    ("percentage", "rounding"): {
        "t1.stage_ge3.noncart",
        "r.nonresp.cd20.refractory",
        "d.nonresp.refractory",
        "r.safe.scrs.cd20",
        "r.safe.scrs.cd20.vs",
    },
    ("base", "suspicious"): {"r.alive.all"},
    ("implied_denominator", "not_computable"): {"r.safe.scrs.cd19"},
    ("level_sum", "incoherent"): {"t1.dlbcl.cd20"},
    ("level_sum", "not_computable"): {"t1.dlbcl.noncart"},
    ("unknown", "incoherent"): {"t1.fn.unknown.cd19_delta_garbled"},
    ("printed_twice", "incoherent"): {
        "t2.pfs.uni.treatment_cd20",
        "t2.os.uni.treatment_cd20",
        "t3.os.multi.cd19resp_refractory",
    },
    ("repeated_cell", "suspicious"): {"t2.pfs.uni.ecog_ge3", "t2.os.multi.orphan_row"},
    ("p_from_counts", "incoherent"): {"t1.bulky.p", "t1.tfl.p"},
    ("one_test", "suspicious"): {"abs.crr.p"},
    ("p_from_interval", "incoherent"): {"r.pfs.uni.treatment", "r.os.uni.treatment", "r.os.multi.cd20.refractory"},
    ("limit_reached", "suspicious"): {"r.os.median.cd20"},
    ("quantile_share", "suspicious"): {"t1.prior_lines_ge3.cd20", "t1.prior_lines_ge3.noncart"},
    ("entry_rule", "suspicious"): {
        "t2.os.uni.age_gt60",
        "t2.pfs.uni.age_gt60",
        "t2.pfs.uni.coo_gcb",
        "t3.os.uni.cd19resp_refractory",
        "t3.pfs.uni.cd19resp_refractory",  # entered above the bound
        "t2.pfs.uni.sex_female",
        "t2.os.uni.extranodal_ge2",
        "t2.os.uni.bulky",
        "t2.os.uni.cd19_positive",
        "t2.pfs.uni.cd19_positive",
        "t3.os.uni.extranodal_ge2",
        "t3.pfs.uni.extranodal_ge2",
        "t3.os.uni.tp53",
        "t3.os.uni.cart_interval",
    },  # stayed out below it
    ("missing_cell", "not_computable"): {
        "t3.os.uni.bt",
        "t3.os.uni.dose",
        "t3.os.uni.cart_interval",
        "t3.os.uni.steroid",
    },
    ("missing_p", "not_computable"): {"t1.prior_sct.cd20", "t1.ttf.median.cd20"},
    ("method_stated", "not_computable"): {"r.pfs.median.all"},
    ("follow_up", "not_computable"): {"r.followup.median"},
    ("unit", "suspicious"): {"s.fig4.peak.ferritin"},
    ("implication", "incoherent"): {"r.feat.bridging"},
}


def test_the_file_holds_every_printed_figure(claims):
    assert len(claims) == 409


def test_exactly_the_expected_findings(findings):
    found = {key: set(part["claim_id"]) for key, part in findings.groupby(["check", "verdict"])}
    assert found == EXPECTED
    assert len(findings) == sum(map(len, EXPECTED.values()))
    assert set(findings["verdict"]) <= set(VERDICTS)


def text(findings: pd.DataFrame, check: str, claim_id: str) -> str:
    return findings.query("check == @check and claim_id == @claim_id")["arithmetic"].item()


@pytest.mark.parametrize(
    ("check", "claim_id", "shown"),
    [
        ("base", "r.alive.all", ["26/32 = 81.25 %", "26/93 = 27.96 %"]),
        (
            "p_from_counts",
            "t1.bulky.p",
            ["yates 0.1458", "pearson 0.0944", "fisher 0.1271", "midp 0.1053", "t1.stage_ge3.p"],
        ),
        ("p_from_counts", "t1.tfl.p", ["0/39 (pearson)", "3/39 (yates)", "leave 2"]),
        ("level_sum", "t1.dlbcl.cd20", ["= 53 of 54"]),
        ("unknown", "t1.fn.unknown.cd19_delta_garbled", ["93 - 34 - 15 = 44", "printed 10"]),
        ("implied_denominator", "r.safe.scrs.cd19", ["46 or 92"]),
        ("p_from_interval", "r.pfs.uni.treatment", ["42 and 34 events", "(0.320-0.855)"]),
        ("p_from_interval", "r.os.uni.treatment", ["36 and 31 events", "observed/expected"]),
        ("limit_reached", "r.os.median.cd20", ["36 of 54", "below 0.5"]),
        ("implication", "r.feat.bridging", ["37 with bridging", "16 + 3 unknown"]),
        ("unit", "s.fig4.peak.ferritin", ["2.09 ng/ml"]),
    ],
)
def test_the_arithmetic_is_shown(findings, check, claim_id, shown):
    assert all(part in text(findings, check, claim_id) for part in shown)


def test_tests_were_mixed(findings):
    shown = text(findings, "one_test", "abs.crr.p")
    assert shown.startswith("yates")
    for part in ("r.orr.p p = 0.15 only pearson", "r.crr.p p = 0.03 only fisher", "r.orr.p.pola p = 0.77 only fisher"):
        assert part in shown


def test_events_there_must_be(claims):
    """4 / SE^2 from the tightest interval: deaths and progressions of all, and of the cells group."""
    bounds = {(b.population, b.endpoint): (b.claim.variable, b.events) for b in event_bounds(Claims(claims))}
    assert bounds[("all93", "os")] == ("sex", 66)
    assert bounds[("all93", "pfs")] == ("sex", 74)
    assert bounds[("cd20_54", "os")] == ("extranodal_lesions", 33)
    assert bounds[("cd20_54", "pfs")] == ("cd19_response", 40)


def test_events_by_subtraction(claims):
    known = Claims(claims)
    assert [known.events(group, "os") for group in ("all", "cd20", "noncart")] == [67, 36, 31]
    assert [known.events(group, "pfs") for group in ("all", "cd20", "noncart")] == [76, 42, 34]


def test_odds_ratios_fix_their_tables(claims):
    tables = {found.claim.variable: found.solutions for found in odds_ratio_tables(Claims(claims))}
    assert tables == {"ipi": (((8, 21), (14, 11)),), "bridging": (((11, 26), (11, 6)),)}


def test_without_the_sentences_only_their_finding_is_gone(claims, findings):
    assert len(audit(claims)) == len(findings) - 1
