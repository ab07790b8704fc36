"""Single checks on claims small enough to compute by hand, at the edges of rounding."""

from __future__ import annotations

from fractions import Fraction

import pytest

from cartwright.analysis.audit import Claims, audit
from cartwright.analysis.audit.claims import population_size
from cartwright.analysis.audit.count_test import check_count_tests, check_one_test
from cartwright.analysis.audit.denominator import check_base, check_implied_denominators
from cartwright.analysis.audit.events import check_event_bounds, event_bounds
from cartwright.analysis.audit.method import check_follow_up, check_limit_transform
from cartwright.analysis.audit.model import check_missing_cells
from cartwright.analysis.audit.percentage import check_percentages, counts_behind
from cartwright.analysis.audit.printed import Printed, printed
from cartwright.analysis.audit.quantile import check_shares
from cartwright.analysis.audit.ratio import check_symmetry, check_wald_p, wald
from cartwright.analysis.audit.repeated import check_printed_twice
from cartwright.analysis.audit.sums import check_levels, check_parts
from cartwright.analysis.audit.unit import check_units
from cartwright.analysis.methods.estimate import UnusableData
from coherent_claims import claim, compared, file_of, ratio, share, sizes


def findings(check, *rows):
    return [(found.verdict, found.claim_id) for found in check(Claims(file_of(*rows)))]


@pytest.mark.parametrize(
    ("text", "count", "total", "rounds", "truncates"),
    [
        ("81.3", 26, 32, True, False),  # 81.25: a tie may go up
        ("81.2", 26, 32, True, False),  # or to the even digit
        ("81.1", 26, 32, False, False),
        ("87.2", 34, 39, True, False),  # 87.179
        ("87.1", 34, 39, False, True),
        ("87.0", 34, 39, False, False),
        ("20", 18, 92, True, False),  # 19.57 without decimals
        ("19", 18, 92, False, True),
        ("100", 54, 54, True, False),
        ("0", 0, 54, True, False),
    ],
)
def test_rounded_truncated_or_neither(text, count, total, rounds, truncates):
    number, exact = Printed(text), Fraction(100 * count, total)
    assert (number.rounds(exact), number.truncates(exact)) == (rounds, truncates)


@pytest.mark.parametrize(
    ("a", "b", "agrees"),
    [
        ("0.1", "0.10", True),
        ("0.003", "0.0032", True),
        ("0.52", "0.50", False),
        ("0.52", "0.5", True),
        ("9.3", "9.30", True),
        ("0.0047", "0.047", False),
    ],
)
def test_one_value_behind_two_prints(a, b, agrees):
    assert Printed(a).agrees(Printed(b)) is agrees is Printed(b).agrees(Printed(a))


@pytest.mark.parametrize("text", ["", "NE", "NR", "2022-08-31", "-5;-4", "Lugano 2014"])
def test_words_are_no_numbers(text):
    assert printed(text) is None


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("cd20_54", 54),
        ("all93", 93),
        ("responders_32_implied", 32),
        ("all", None),
        ("a_15+b_54", None),
        ("cd19_cart_comparator", None),
    ],
)
def test_size_of_a_population(name, size):
    assert population_size(name) == size


def test_percentages():
    assert findings(check_percentages, share("ok", "a", 34, 39)) == []
    assert findings(check_percentages, share("cut", "a", 34, 39, value="87.1")) == [("rounding", "cut")]
    assert findings(check_percentages, share("wrong", "a", 34, 39, value="78.2")) == [("incoherent", "wrong")]
    bare = {"population": "a_54", "group": "a", "statistic": "proportion"}
    assert findings(check_percentages, claim("bare", value="9.3", **bare)) == []
    assert findings(check_percentages, claim("bare", value="9.2", **bare)) == [("rounding", "bare")]
    assert findings(check_percentages, claim("bare", value="10.2", **bare)) == [("incoherent", "bare")]


def test_more_than_all():
    assert findings(check_parts, share("big", "a", 71, 71)) == [("incoherent", "big")]
    assert findings(check_percentages, share("over", "a", 71, 70)) == [("incoherent", "over")]


def test_denominator_behind_bare_percentages():
    keys = {"population": "comparator", "group": "c", "statistic": "proportion"}
    rows = [*sizes(), claim("x", value="10.9", **keys), claim("y", value="8.7", **keys)]
    (found,) = check_implied_denominators(Claims(file_of(*rows)))
    assert "only 46 or 92 of 1 to 120 fit" in found.arithmetic
    assert counts_behind(Printed("10.9"), 46) == [5]
    assert counts_behind(Printed("10.9"), 45) == []


def test_base_of_a_percentage():
    keys = {"endpoint": "alive_at_cutoff", "measure": "survival"}
    whole = claim("n", population="all_120", group="all", statistic="n", value="26", **keys)
    assert findings(check_base, *sizes(), whole, share("part", "all", 26, 42, population="responders_42", **keys)) == [
        ("suspicious", "part")
    ]
    assert findings(check_base, *sizes(), whole, share("part", "all", 20, 42, population="responders_42", **keys)) == []


def test_p_from_counts_under_each_test():
    """16/51 v 19/39: Yates .146, Pearson .094, Fisher .127, mid-p .105."""
    for p, fits in (("0.15", True), ("0.09", True), ("0.13", True), ("0.11", True), ("0.84", False), ("0.1", True)):
        *rows, test = compared("bulky", "bulky", "yes", (16, 51), (19, 39))
        assert (findings(check_count_tests, *rows, test | {"p_value": p, "p_operator": "="}) == []) is fits
    *rows, test = compared("bulky", "bulky", "yes", (16, 51), (19, 39))
    assert findings(check_count_tests, *rows, test | {"p_value": "0.14", "p_operator": "="}) == [
        ("rounding", "t1.bulky.p")
    ]


def test_bounds_on_p():
    *rows, test = compared("x", "x", "yes", (6, 45), (3, 26))
    assert findings(check_count_tests, *rows, test | {"p_value": "0.99", "p_operator": ">"}) == []
    assert findings(check_count_tests, *rows, test | {"p_value": "0.05", "p_operator": "<"}) == [
        ("incoherent", "t1.x.p")
    ]


def test_one_test_for_all():
    usual = [row for name in ("u", "v") for row in compared(name, name, "yes", (28, 54), (24, 39))]
    *rows, test = compared("w", "w", "yes", (22, 54), (10, 38))
    assert findings(check_one_test, *usual, *rows, test | {"p_value": "0.15", "p_operator": "="}) == [
        ("suspicious", "t1.w.p")
    ]
    assert findings(check_one_test, *usual, *rows, test) == []


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"p_value": "0.047"}, []),
        ({"p_value": "0.05"}, []),
        ({"p_value": "0.0047"}, [("incoherent", "r")]),
        ({"p_value": "0.0001", "p_operator": "<"}, [("incoherent", "r")]),
    ],
)
def test_p_of_an_interval(cells, expected):
    """ln 2.19 = .784, SE = ln(4.76 / 1.01) / 3.92 = .3955: z = 1.98, p = .047."""
    row = claim("r", statistic="hr", value="2.19", ci_low="1.01", ci_high="4.76", p_operator="=")
    assert findings(check_wald_p, row | cells) == expected


def test_limits_out_of_order_have_no_standard_error():
    assert wald(Claims(file_of(claim("r", statistic="hr", value="1", ci_low="2", ci_high="0.5"))).all[0]) is None
    assert wald(Claims(file_of(claim("r", statistic="hr", value="1", ci_low="0", ci_high="2"))).all[0]) is None


def test_a_negative_limit_of_a_ratio_is_incoherent():
    row = claim("r", statistic="hr", value="0.50", ci_low="-0.10", ci_high="0.90")
    assert findings(check_symmetry, row) == [("incoherent", "r")]


def test_events_from_an_interval():
    """0.91-2.38 read loosely: SE = ln(2.385 / 0.905) / 3.92 = .2472, 4 / SE^2 = 65.45."""
    row = claim(
        "r",
        statistic="hr",
        population="all_93",
        group="all",
        endpoint="os",
        value="1.47",
        ci_low="0.91",
        ci_high="2.38",
    )
    (bound,) = event_bounds(Claims(file_of(row)))
    assert bound.exact == pytest.approx(65.45, abs=0.01)
    assert bound.events == 66
    assert findings(check_event_bounds, row) == []
    assert findings(check_event_bounds, row | {"population": "all_65"}) == [("incoherent", "r")]


def test_printed_twice():
    row = claim(
        "first", section="text", population="a_70", group="a", endpoint="os", statistic="median_survival", value="8.15"
    )
    assert findings(check_printed_twice, row, row | {"id": "second", "value": "8.2"}) == []
    assert findings(check_printed_twice, row, row | {"id": "second", "value": "8.1"}) == []
    assert findings(check_printed_twice, row, row | {"id": "second", "value": "8.3"}) == [("incoherent", "second")]
    exact = row | {"statistic": "p", "value": "", "p_value": "0.003", "p_operator": "="}
    bounded = exact | {"id": "second", "p_value": "0.01", "p_operator": "<"}
    assert findings(check_printed_twice, exact, bounded) == []
    assert findings(check_printed_twice, exact, bounded | {"p_value": "0.0001"}) == [("incoherent", "second")]


def levels(subject: str, *counts: int) -> list[dict[str, str]]:
    return [
        claim(
            f"l{i}",
            section="s",
            population="part_37",
            group="a",
            variable=subject,
            level=f"kind{i}",
            statistic="count",
            value=n,
        )
        for i, n in enumerate(counts)
    ]


def test_levels_add_up_unless_several_may_be_given():
    assert findings(check_levels, *levels("histology", 30, 7)) == []
    assert findings(check_levels, *levels("histology", 30, 6)) == [("incoherent", "l0")]
    assert findings(check_levels, *levels("bridging_agent", 27, 18, 7, 3)) == []
    assert findings(check_levels, *levels("bridging_agent", 27, 5)) == [("incoherent", "l0")]


@pytest.mark.parametrize(("count", "fine"), [(37, True), (26, True), (41, True), (25, False), (42, False)])
def test_share_below_a_threshold_between_quartiles(count, fine):
    """Median 1.21, third quartile 2.1: between half and three quarters of 54 lie below 2 (27 to 40.5, one to spare)."""
    keys = {"population": "a_54", "group": "a", "variable": "infusion_dose", "unit": "10^6 cells/kg"}
    rows = [
        claim("target", statistic="threshold", level="target", value="2", **keys),
        claim("median", statistic="median", value="1.21", **keys),
        claim("iqr", statistic="iqr", ci_low="0.4", ci_high="2.1", **keys),
    ]
    found = findings(check_shares, *rows, share("below", "a", count, 54, variable="infusion_dose", level="<target"))
    assert found == ([] if fine else [("incoherent", "below")])


def test_days_against_quartiles_in_months():
    """90 d are 2.96 months: below a third quartile of 3.1, above a median of 2.3; 3.0 may be 2.95: undecided."""
    keys = {"population": "a_54", "group": "a", "variable": "ttf", "unit": "months"}
    median = claim("median", statistic="median", value="2.3", **keys)
    clear, blurred = (claim("iqr", statistic="iqr", ci_low="1.5", ci_high=high, **keys) for high in ("3.1", "3.0"))
    many = share("x", "a", 45, 54, variable="ttf", level="<=90d")
    assert findings(check_shares, median, clear, share("x", "a", 40, 54, variable="ttf", level="<=90d")) == []
    assert findings(check_shares, median, clear, many) == [("incoherent", "x")]
    assert findings(check_shares, median, blurred, many) == []


def test_a_row_without_one_endpoint():
    keys = {"section": "t", "test": "cox_univariable"}
    rows = [
        ratio(f"{v}.{e}", 0.1, 0.3, endpoint=e, variable=v, level="yes", **keys) for v in "xy" for e in ("os", "pfs")
    ]
    assert findings(check_missing_cells, *rows) == []
    assert findings(check_missing_cells, *rows[:-1]) == [("not_computable", "y.os")]


def test_methods_left_unstated():
    os = claim(
        "os",
        population="all_120",
        group="all",
        endpoint="os",
        statistic="median_survival",
        value="4.8",
        ci_low="3",
        ci_high="7",
    )
    follow = claim(
        "fu",
        measure="followup",
        population="all_120",
        group="all",
        statistic="median",
        value="18.5",
        ci_low="14",
        ci_high="25",
    )
    assert findings(check_limit_transform, os) == [("not_computable", "os")]
    assert findings(check_limit_transform, os | {"test": "kaplan_meier_log"}) == []
    assert findings(check_follow_up, os, follow) == [("not_computable", "fu")]
    assert findings(check_follow_up, os, follow | {"test": "reverse_kaplan_meier"}) == []
    assert findings(check_follow_up, os, follow | {"value": "4.1"}) == []


@pytest.mark.parametrize(
    ("value", "unit", "fine"),
    [
        ("2090", "pg/ml", False),
        ("2090", "ng/ml", True),
        ("5", "ug/L", True),
        ("4.9", "ug/L", False),
        ("2090", "furlongs", True),
    ],
)
def test_ferritin(value, unit, fine):
    row = claim("f", variable="ferritin_peak", statistic="median", value=value, unit=unit)
    assert findings(check_units, row) == ([] if fine else [("suspicious", "f")])


def test_a_file_that_is_no_claims_file_is_refused():
    with pytest.raises(UnusableData, match="lack the columns"):
        audit(file_of(claim("x")).drop(columns="level"))
    with pytest.raises(UnusableData, match="unique"):
        audit(file_of(claim("x"), claim("x")))


def test_an_empty_file_has_no_finding():
    assert audit(file_of()).empty
