"""The gate: a release needs every required fatal check of this very run, present and passed."""

from dataclasses import replace

import pytest

from cartwright.warehouse.quality.check_results import CheckResult, blocking_problems, store
from cartwright.warehouse.study.build_file import forget_replaced_checks
from cartwright.warehouse.study.place import HOSPITAL

PASSED = CheckResult(
    check_id="adtte.one_row",
    writer="dbt",
    layer="adam",
    table_name="adam.adtte",
    severity="fatal",
    outcome="passed",
    failing_count=0,
    checked_count=10,
    message="",
    why="two rows would count a subject twice",
    remedy="look at the model",
    endangers="survival",
)


def problems(hospital, *results, run="run", **options):
    store(hospital.con, "run", list(results))
    return blocking_problems(hospital.con, [run], ["adtte.one_row"], **options)


def test_a_passed_check_lets_the_release_through(hospital):
    assert problems(hospital, PASSED) == []


def test_a_check_that_did_not_run_blocks(hospital):
    assert problems(hospital) == ["adtte.one_row: no result in this run"]


def test_the_result_of_another_run_does_not_count(hospital):
    assert problems(hospital, PASSED, run="tonight") == ["adtte.one_row: no result in this run"]


@pytest.mark.parametrize("outcome", ["failed", "error", "not_applicable"])
def test_any_other_outcome_blocks(hospital, outcome):
    (problem,) = problems(hospital, replace(PASSED, outcome=outcome))
    assert outcome in problem


def test_not_applicable_passes_only_where_it_is_allowed(hospital):
    result = replace(PASSED, outcome="not_applicable")
    assert problems(hospital, result, may_be_not_applicable=["adtte.one_row"]) == []


def test_one_table_that_failed_blocks_though_another_passed(hospital):
    assert len(problems(hospital, PASSED, replace(PASSED, table_name="adam.adrs", outcome="failed"))) == 1


def test_a_fatal_failure_nobody_required_blocks(hospital):
    assert len(problems(hospital, PASSED, replace(PASSED, check_id="other", outcome="failed"))) == 1


@pytest.mark.parametrize("severity", ["convention", "characterisation"])
def test_lesser_severities_do_not_block(hospital, severity):
    assert problems(hospital, PASSED, replace(PASSED, check_id="other", severity=severity, outcome="failed")) == []


def test_no_required_check_at_all_blocks(hospital):
    assert blocking_problems(hospital.con, ["run"], []) != []


def test_a_result_stored_again_replaces_the_one_before(hospital):
    failed = replace(PASSED, outcome="failed", failing_keys=["a", "b"])
    store(hospital.con, "run", [failed])
    store(hospital.con, "run", [failed, replace(PASSED, table_name="adam.adrs", failing_keys=["c"])])
    assert hospital.rows("SELECT count(*) FROM quality.check_result") == [(2,)]
    assert hospital.rows("SELECT record_key FROM quality.failing_key ORDER BY 1") == [("a",), ("b",), ("c",)]


def test_a_corrected_study_that_is_run_alone_is_not_judged_by_its_mistake(hospital):
    """The night's failure blocked it for as long as the hospital was that night's, and every check counted twice."""
    theirs = replace(PASSED, check_id="raw.rows_due", layer="raw", table_name="raw.line")
    failed = replace(PASSED, outcome="failed", failing_keys=["CW-1"])
    gone = replace(PASSED, check_id="adtte.of_a_removed_endpoint", outcome="failed")
    elsewhere = replace(PASSED, check_id="adrs.one_row", table_name="adam.adrs")
    store(hospital.con, "night", [theirs, failed, gone, elsewhere])
    hospital.con.execute(f"ATTACH ':memory:' AS {HOSPITAL}")
    hospital.con.execute(f"CREATE SCHEMA {HOSPITAL}.quality")
    hospital.con.execute(
        f"CREATE TABLE {HOSPITAL}.quality.check_result AS FROM quality.check_result WHERE check_id = 'raw.rows_due'"
    )
    store(hospital.con, "alone", [PASSED, replace(theirs, check_id="raw.rows_needed")])
    required = ["adtte.one_row", "raw.rows_due", "adrs.one_row"]
    assert blocking_problems(hospital.con, ["alone", "night"], required) != []
    forget_replaced_checks(hospital.con, "alone", "night")
    assert blocking_problems(hospital.con, ["alone", "night"], required) == []
    kept = "SELECT run_id, check_id FROM quality.check_result ORDER BY ALL"
    assert hospital.rows(kept) == [
        ("alone", "adtte.one_row"),
        ("alone", "raw.rows_needed"),
        ("night", "adrs.one_row"),
        ("night", "raw.rows_due"),
    ]
    assert hospital.rows("FROM quality.failing_key") == []
    forget_replaced_checks(hospital.con, "alone", "alone")
    assert len(hospital.rows(kept)) == 4
