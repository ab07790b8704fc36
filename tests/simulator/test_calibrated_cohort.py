"""The committed cohort: counts of Table 1, days that one patient can have, and the default study that renders it."""

import json
from collections import Counter

import pytest

from cartwright.simulator.generate import DEFAULT_SEED, _cohort, simulate
from cartwright.simulator.plan import BLOCK, CALIBRATED, COLUMNS, calibrated_block, plan_block, read_rows, write_rows
from studies.cd20_salvage.calibration.report import lines
from studies.cd20_salvage.calibration.score import by_stage, read, score
from studies.cd20_salvage.calibration.targets import IN_DOUBT, claims


@pytest.fixture(scope="module")
def rows():
    return read_rows(CALIBRATED)


@pytest.fixture(scope="module")
def parts(rows):
    return score(rows)


def tally(rows, name):
    return {group: Counter(row[name] for row in rows if row["role"] == group) for group in ("cd20", "noncart")}


# Table 1 of Xue et al. 2024 (doi 10.3389/fonc.2024.1376490): item -> group -> value -> patients, None is unknown.
TABLE_1 = {
    "sex_code": {"cd20": {"M": 28, "F": 26}, "noncart": {"M": 24, "F": 15}},
    "ecog_grade": {"cd20": {0: 13, 1: 17, 2: 12, 3: 8, 4: 4}, "noncart": {0: 9, 1: 13, 2: 9, 3: 6, 4: 2}},
    "is_bulky": {"cd20": {True: 16, False: 35, None: 3}, "noncart": {True: 19, False: 20}},
    "is_marrow_involved": {"cd20": {True: 11, False: 43}, "noncart": {True: 4, False: 35}},
    "is_cns_involved": {"cd20": {True: 7, False: 47}, "noncart": {True: 2, False: 37}},
    "coo_code": {"cd20": {"gcb": 27, "non_gcb": 23, None: 4}, "noncart": {"gcb": 13, "non_gcb": 22, None: 4}},
    "is_double_triple_hit": {"cd20": {True: 6, False: 39, None: 9}, "noncart": {True: 3, False: 23, None: 13}},
    "is_tp53_mutated": {"cd20": {True: 24, False: 26, None: 4}, "noncart": {True: 13, False: 20, None: 6}},
    "has_prior_sct": {"cd20": {True: 7, False: 47}, "noncart": {True: 3, False: 36}},
    "has_prior_radiotherapy": {"cd20": {True: 15, False: 39}, "noncart": {True: 5, False: 34}},
    "cd19_status_code": {
        "cd20": {"positive": 26, "negative": 8, None: 20},
        "noncart": {"positive": 9, "negative": 6, None: 24},
    },
    "lymphodepletion_code": {"cd20": {"fludarabine": 32, "bendamustine": 17, "none": 5}, "noncart": {None: 39}},
}


@pytest.mark.parametrize("name", TABLE_1)
def test_counts_and_unknowns_of_table_1(rows, name):
    assert tally(rows, name) == TABLE_1[name]


def test_responses_deaths_and_survivors(rows):
    cd20 = [row for row in rows if row["role"] == "cd20"]
    noncart = [row for row in rows if row["role"] == "noncart"]
    assert Counter(row["best_response_code"] for row in cd20 if row["best_response_code"] in ("CR", "PR")) == {
        "CR": 15,
        "PR": 7,
    }
    assert sum(row["best_response_code"] is None for row in noncart) == 1  # the one without imaging
    assert [sum(row["death_date"] is not None for row in group) for group in (cd20, noncart)] == [36, 31]
    assert sum(row["pd_kind"] == "none" for row in rows) == 17  # ongoing responses


def test_bridging_agents_are_the_printed_ones(rows):
    agents = Counter(agent for row in rows for agent in (row["bridging_classes"] or "").split("+"))
    assert {name: agents[name] for name in ("bcl2i", "btki", "lenalidomide", "xpo1i")} == {
        "bcl2i": 27,
        "btki": 18,
        "lenalidomide": 7,
        "xpo1i": 3,
    }


def test_days_are_those_of_one_patient(rows):
    cohort = read(rows)
    os, pfs = cohort.days
    died, failed = cohort.events
    assert (pfs <= os).all()
    assert (pfs[failed == 0] == os[failed == 0]).all()
    assert (died[failed == 0] == 0).all()
    assert (os[died == 0] >= 92).all()  # the last patient started 92 days before the data cut
    for row in rows:
        assert row["cd19_infusion_date"] < row["cd19_failure_date"] <= row["time_zero_date"]


def test_every_stage_attains_what_is_said_of_it(parts):
    stages = by_stage(parts)
    hit, aimed = stages["counts"]
    assert aimed - hit == 2  # two quartiles fall between whole days
    hit, aimed = stages["times"]
    assert hit == aimed == 27  # every survival median, limit, follow-up, ratio and p of the text


def test_a_figure_in_doubt_is_no_aim(parts):
    assert set(IN_DOUBT) <= set(claims())
    assert not set(IN_DOUBT) & {part.claim_id for part in parts}


def test_report_beside_the_data_is_of_this_cohort(parts):
    told = CALIBRATED.with_name("calibration.csv").read_text(encoding="utf-8").splitlines()[1:]
    attained = [line.endswith("true") for line in told]
    assert attained == [part.is_attained for part in parts]
    assert len(lines(parts)) == 4 + attained.count(False)


def test_the_file_says_what_the_plan_says(rows, tmp_path):
    path = tmp_path / "plan.csv"
    write_rows(path, plan_block(3))
    again = read_rows(path)
    for before, after in zip(plan_block(3), again, strict=True):
        for name in COLUMNS:
            assert after[name] == (before[name] if before[name] != "" else None), name


def test_the_default_study_renders_the_calibrated_cohort(home, truths, rows):
    marker = json.loads((home / "feeds" / "SIMULATED").read_text())
    assert marker["cohort"] == "calibrated"
    derivable = Counter(
        (row["time_zero_date"], row["os_date"], row["pfs_date"]) for row in truths[1] if row["is_included"] == "true"
    )

    def iso(day):
        from datetime import date

        return date.fromordinal(day).isoformat()

    planned = Counter()
    for row in rows:
        end = row["death_date"] or row["last_contact_date"]
        planned[iso(row["time_zero_date"]), iso(end), iso(row["pd_date"] or end)] += 1
    assert derivable == planned


def test_any_other_wish_draws_a_cohort(tmp_path):
    assert _cohort(BLOCK, DEFAULT_SEED, 1, None) == "calibrated"
    assert _cohort(BLOCK, DEFAULT_SEED + 1, 1, None) == "drawn"
    assert _cohort(BLOCK + 1, DEFAULT_SEED, 1, None) == "drawn"
    assert _cohort(BLOCK, DEFAULT_SEED, 2, None) == "drawn"
    assert calibrated_block(DEFAULT_SEED) != plan_block(DEFAULT_SEED)
    simulate(tmp_path, patients=6, seed=7)
    assert json.loads((tmp_path / "feeds" / "SIMULATED").read_text())["cohort"] == "drawn"
