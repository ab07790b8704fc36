"""Numbers of which only a bound is known: never taken as measured, told where their order decides, and counted."""

import math

import pandas as pd
import pytest

from cartwright.analysis.methods.compare import summarise
from cartwright.analysis.plan.definition import population_ids
from tiny import groups, patients, run

NAN = math.nan
PEAK = {"column": "peak", "label": "Peak", "type": "continuous"}
SAS = {"quantiles": "sas5"}


def peaks(measured, least=None, greatest=None, **more):
    """adsl of one number with its ends: of a measured one both are the number."""
    return patients(peak=measured, peak_least=least or measured, peak_greatest=greatest or measured, **more)


def test_a_median_is_known_where_the_bound_lies_above_it_wherever_it_lies():
    found = summarise([1, 2, 3], "sas5", [(250, NAN)])
    assert (found.n, found.median, found.q1, found.minimum) == (4, 2.5, 1.5, 1)
    assert all(math.isnan(each) for each in (found.q3, found.maximum, found.mean, found.sd))


def test_a_median_on_the_bound_is_not_known():
    assert math.isnan(summarise([1, 300], "sas5", [(250, NAN)]).median)
    assert summarise([1, 200], "sas5", [(250, NAN)]).median == 200
    assert math.isnan(summarise([], "r7", [(250, NAN)]).median)


def test_a_bound_below_is_the_least_only_when_nothing_measured_may_lie_below_it():
    assert math.isnan(summarise([7, 8], "sas5", [(NAN, 5)]).minimum)
    assert summarise([7, 8], "sas5", [(NAN, 5)]).median == 7
    assert summarise([7, 8, 9], "r7", [(NAN, 5)]).maximum == 9


def test_a_bound_is_told_beside_the_median_and_is_not_unknown():
    adsl = peaks([1.0, 2.0, 3.0, None, None], [1, 2, 3, 250, None], [1, 2, 3, None, None])
    found = run("describe", adsl, variables=[PEAK], options=SAS)
    assert (found.value("median"), found.one("median")["n"]) == (2.5, 4)
    assert found.one("median")["flag"] == "1 of 5 known as a bound only"
    assert (found.value("bounds"), found.value("unknown")) == (1, 1)
    assert found.is_not_estimable("maximum")
    members = found.results["analysis_member"]
    members = members[members["variable"] == "peak"].set_index("usubjid")
    assert members["is_used"].to_dict() == {"p0": True, "p1": True, "p2": True, "p3": True, "p4": False}


def test_no_test_ranks_a_bound_among_numbers():
    adsl = peaks([1.0, 2.0, None, 9.0], [1, 2, 250, 9], [1, 2, None, 9], group_code=["a", "a", "b", "b"])
    by_group = {"group_by": "group_code", "group_levels": groups("a", "b")}
    found = run("describe", adsl, variables=[PEAK | {"tests": ["ranksum"]}], options={**SAS, "smd": True}, **by_group)
    assert found.one("p")["flag"] == "1 of 4 known as a bound only"
    assert math.isnan(found.value("p"))
    assert math.isnan(found.value("smd"))


@pytest.mark.parametrize(
    ("operator", "limit", "known"), [(">", 200, 1.0), (">", 300, None), ("<=", 200, 0.0), (">=", 250, 1.0)]
)
def test_a_cut_of_the_plan_is_decided_where_both_ends_agree(operator, limit, known):
    adsl = peaks([1.0, None], [1, 250], [1, None])
    spec = {"column": "peak", "label": "High", "operator": operator, "value": limit}
    found = run("describe", adsl, variables=[spec], options=SAS)
    assert found.value("unknown") == (known is None)
    expected = int(known or 0) + (1 if operator == "<=" else 0)
    assert found.value("count") == expected
    high = {"population": "everybody", "column_name": "peak", "operator": operator, "value": limit}
    assert len(population_ids(adsl, [high])) == expected


def test_a_bound_is_no_covariate():
    adsl = peaks([1.0, 2.0, 3.0, None], [1, 2, 3, 250], [1, 2, 3, None])
    found = run("missing", adsl, variables=[PEAK])
    assert found.value("unknown") == 1


def by_parameter(values, said, dataset="adck", **more):
    rows = {"usubjid": [f"p{i}" for i in range(len(values))], "paramcd": "P", "aval": values, "avalc": said, **more}
    return {dataset: pd.DataFrame(rows)}


def test_the_sign_of_a_parameter_makes_it_a_bound():
    data = by_parameter([1.0, 2.0, 250.0], ["1.0", "2.0", ">250.0"])
    spec = {"dataset": "adck", "paramcd": "P", "column": "aval", "label": "P", "type": "continuous"}
    found = run("describe", patients(x=[1, 2, 3]), variables=[spec], options=SAS, datasets=data)
    assert (found.value("median"), found.value("bounds")) == (2, 1)
    assert found.is_not_estimable("maximum")


def test_the_highest_of_a_window_is_a_bound_unless_a_measured_value_is_surely_higher():
    rows = {
        "usubjid": ["p0", "p0", "p1", "p1", "p2"],
        "paramcd": "P",
        "days_since_infusion": 7,
        "aval": [5.0, 8.0, 250.0, 9.0, 2.0],
        "avalc": ["<5.0", "8.0", ">250.0", "9.0", "2.0"],
    }
    spec = {"dataset": "adcy", "paramcd": "P", "column": "aval", "label": "P", "type": "continuous"}
    found = run(
        "profile",
        patients(x=[1, 2, 3]),
        variables=[spec],
        options={**SAS, "windows": [{"day": 7, "from_day": 1, "to_day": 9}]},
        datasets={"adcy": pd.DataFrame(rows)},
    )
    assert (found.value("median"), found.one("median")["n"]) == (8, 3)
    assert found.one("median")["flag"] == "1 of 3 known as a bound only"
    assert math.isnan(found.value("q3"))
