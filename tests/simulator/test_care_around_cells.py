"""Bridging, lost products, adverse events and misrecorded grades of the default study, as its feeds hold them."""

from collections import Counter

import pytest

from cartwright.simulator.dirt import LAST_NIGHT
from cartwright.simulator.generate import DEFAULT_SEED, Job, make_chunk
from cartwright.simulator.plan import COLUMNS, calibrated_block, plan_block, read_rows
from cartwright.simulator.render import render


@pytest.fixture(scope="module")
def plans():
    return calibrated_block(DEFAULT_SEED)


@pytest.fixture(scope="module")
def charts(plans):
    return [render(row, number, "", DEFAULT_SEED) for number, row in enumerate(plans, start=1)]


def recorded(chart, table):
    return [record.row for record in (*chart.records, *chart.supplement) if record.table == table]


def events(charts, role):
    return [row for chart in charts if chart.plan["role"] == role for row in recorded(chart, "adverse_event")]


def test_one_of_37_bridged_patients_is_in_complete_remission_before_the_cells(plans):
    dealt = Counter(row["bridging_response_code"] for row in plans)
    assert (dealt["CR"], sum(dealt.values()) - dealt[None]) == (1, 37)
    assert dealt["PR"]
    assert dealt["PD"]


@pytest.mark.parametrize("seed", [3, 91])
def test_the_response_to_bridging_can_be_derived_from_the_feeds(seed):
    truth = make_chunk(Job(plan_block(seed), 1, "", "S01", seed, LAST_NIGHT)).truth
    pairs = [(actual["bridging_response_code"], found["bridging_response_code"]) for actual, found in truth]
    assert all(actual == found for actual, found in pairs if actual)
    assert {actual for actual, _ in pairs} == {"CR", "PR", "SD", "PD", None}


def test_a_column_that_a_cohort_file_lacks_is_unknown(tmp_path):
    path = tmp_path / "cohort.csv"
    path.write_text("role\ncd20\n", encoding="utf-8")
    assert read_rows(path) == [{**dict.fromkeys(COLUMNS), "role": "cd20"}]


def test_products_are_lost_at_each_step_between_order_and_infusion(charts):
    lost = {}
    for chart in charts:
        if chart.plan["scenario"] in ("cd20_not_made", "cd20_out_of_specification", "died_awaiting_cells"):
            infused = {row["product_code"] for row in recorded(chart, "cart_infusion")}
            assert "CART20-41BB" not in infused
            (order,) = [row for row in recorded(chart, "cart_order") if row["product_code"] == "CART20-41BB"]
            (batch,) = [row for row in recorded(chart, "cart_manufacture") if row["order_id"] == order["order_id"]]
            harvest = batch["harvest_cells_per_kg"] >= 1e5
            lost.setdefault(chart.plan["scenario"], []).append((harvest, batch["viability_percent"] < 70))
    assert lost == {
        "cd20_not_made": [(False, False)],
        "cd20_out_of_specification": [(True, True)],
        "died_awaiting_cells": [(True, False), (True, False)],
    }


def test_both_groups_are_watched_for_adverse_events_of_their_therapy(charts):
    for role, attribution in (("cd20", "cart"), ("noncart", "drug")):
        found = [row for row in events(charts, role) if row["attribution_code"] == attribution]
        assert {"infection", "febrile_neutropenia", "fatigue"} <= {row["term_code"] for row in found}
        assert all(1 <= row["toxicity_grade"] <= 4 for row in found)  # no event of grade 5 was reported
    assert not [
        row
        for row in events(charts, "noncart")
        if row["attribution_code"] == "drug" and row["term_code"] in ("crs", "icans")
    ]


def test_some_recorded_grades_differ_from_the_planned_ones_and_severe_ones_of_the_cd20_group_do_not(charts):
    differing = 0
    for chart in charts:
        if chart.plan["role"] != "cd20":
            continue
        day = chart.plan["time_zero_date"]
        for term in ("crs", "icans"):
            near = [r.row for r in (*chart.records, *chart.supplement) if 0 <= r.day - day <= 30]
            rows = [row for row in near if row.get("term_code") == term]
            counted = [row["toxicity_grade"] for row in rows if row["attribution_code"] == "cart"]
            planned = chart.plan[f"{term}_grade"]
            differing += max(counted, default=0) != planned
            assert (max(counted, default=0) >= 3) == (planned >= 3)
    assert 3 <= differing <= 15


def test_the_supplement_moves_nothing_that_was_written_before_it(plans):
    number, row = next((n, row) for n, row in enumerate(plans, start=1) if row["bridging_response_code"] == "PR")
    with_response = render(row, number, "", DEFAULT_SEED)
    without = render({**row, "bridging_response_code": None}, number, "", DEFAULT_SEED)
    kept = [(r.table, r.known, r.row) for r in without.records if r.table not in ("adverse_event", "imaging_report")]
    assert kept == [
        (r.table, r.known, r.row) for r in with_response.records if r.table not in ("adverse_event", "imaging_report")
    ]
    assert len(with_response.records) == len(without.records)
