"""Populations, comparisons and the plan's defects: what cannot be executed is an error that names its place."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from cartwright.analysis.plan.definition import PlanError, compare, population_ids
from cartwright.analysis.plan.run import compute
from tiny import EVERYBODY, groups, patients, run, times

FLAGS = pd.Series([True, False, None], dtype=object)
GRADES = pd.Series([0, 3, None], dtype="Int64")
LISTS = pd.Series(["bcl2i+btki", "btki", None], dtype=object)


@pytest.mark.parametrize(
    ("column", "operator", "value", "expected"),
    [
        (FLAGS, "=", "true", [True, False, None]),
        (FLAGS, "!=", "true", [False, True, None]),
        (GRADES, ">=", 3, [False, True, None]),
        (GRADES, ">=", "3", [False, True, None]),
        (GRADES, "<", 3, [True, False, None]),
        (GRADES, "=", "3", [False, True, None]),
        (GRADES, "in", "0, 2", [True, False, None]),
        (LISTS, "contains", "bcl2i", [True, False, None]),
        (LISTS, "contains", "bcl2", [False, False, None]),
        (LISTS, "known", None, [True, True, False]),
        (LISTS, "unknown", None, [False, False, True]),
    ],
)
def test_comparison_keeps_unknown_unknown(column, operator, value, expected):
    found = [None if pd.isna(x) else bool(x) for x in compare(column, operator, value)]
    assert found == expected


def test_population_needs_every_condition_and_unknown_is_not_in():
    adsl = patients(inclfl=["Y", "Y", "N", "Y"], is_responder=[True, None, True, False])
    conditions = [
        {"population": "r", "column_name": "inclfl", "operator": "=", "value": "Y"},
        {"population": "r", "column_name": "is_responder", "operator": "=", "value": "true"},
    ]
    assert population_ids(adsl, conditions) == {"p0"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "magic"}, "kind magic is not one of"),
        ({"population": "nobody"}, "population nobody is not declared"),
        ({"variables": [{"column": "absent", "label": "A"}]}, "adsl has no column absent"),
        ({"variables": [{"column": "x", "label": "X", "typ": "binary"}]}, "typ"),
        ({"variables": [{"column": "x", "label": "X", "type": "number"}]}, "type must be one of"),
        ({"variables": [{"column": "x", "label": "X", "dataset": "adlb"}]}, "there is no dataset adlb"),
        ({"group_by": "absent", "group_levels": groups("a")}, "adsl has no column absent"),
        ({"group_by": "population", "group_levels": groups("a")}, "population a is not declared"),
        ({"variables": [{"column": "x", "label": "X", "type": "continuous"}]}, "option quantiles is missing"),
    ],
)
def test_defects_of_the_plan_are_named(changes, message):
    row = {"kind": "describe", **changes}
    with pytest.raises(PlanError, match=message):
        run(adsl=patients(x=[1, 2]), **row)


def test_all_defects_are_reported_at_once():
    row = {"output_id": "o", "seq": 1, "kind": "magic", "title": "T", "population": "everybody"}
    with pytest.raises(PlanError) as caught:
        compute({"adsl": patients(x=[1])}, [EVERYBODY], [{**row, "analysis_id": "a"}, {**row, "analysis_id": "b"}])
    assert {"analysis a", "analysis b"} <= {line.split(":")[0] for line in str(caught.value).splitlines()}


def test_patient_twice_in_an_endpoint_is_an_error():
    twice = pd.concat([times([30], [1]), times([40], [1])])
    options = {"time": "duration_days", "conf_type": "log", "rule": "r", "month_days": "365/12"}
    with pytest.raises(PlanError, match="twice"):
        run("km", patients(x=[1]), twice, endpoint="OS", options=options)


def test_overlapping_groups_cannot_be_compared():
    inside = [{"population": p, "column_name": "x", "operator": ">", "value": "0"} for p in ("a", "b")]
    with pytest.raises(PlanError, match="share patients"):
        run(
            "logrank",
            patients(x=[1, 2]),
            times([30, 40], [1, 1]),
            populations=[EVERYBODY, *inside],
            endpoint="OS",
            group_by="population",
            group_levels=groups("a", "b"),
            options={"time": "duration_days"},
        )


def test_draws_computed_elsewhere_change_no_result(datasets, plan, results):
    with ThreadPoolExecutor(1) as beside:
        again = compute(datasets, plan["populations"], plan["analyses"], beside=beside)
    for name, table in results.items():
        pd.testing.assert_frame_equal(again[name], table, check_exact=True)


def test_plan_rows_as_json_text_give_the_same_results(datasets, plan, results):
    import json

    text = [
        {k: json.dumps(v) if k in ("group_levels", "variables", "options") else v for k, v in row.items()}
        for row in plan["analyses"]
        if row["analysis_id"] in ("table1", "os_by_group")
    ]
    again = compute(datasets, plan["populations"], text)["ard"].drop(columns="seq")
    first = results["ard"][results["ard"]["analysis_id"].isin(["table1", "os_by_group"])].drop(columns="seq")
    pd.testing.assert_frame_equal(again.reset_index(drop=True), first.reset_index(drop=True))
