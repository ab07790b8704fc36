"""The conditions of sql/checks on the smallest tables: what fails, and what just does not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import sqlglot

from cartwright.expectations import arriving, declared, leaving
from cartwright.warehouse.settings import CHECKOUT, Settings
from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.loader import read_study

STUDY = read_study(Settings().studies[0])
FOLDERS = sorted(path.parent for path in (CHECKOUT / "studies").glob("*/protocol.yml"))
CHECKS = {check.check_id: check for check in (*leaving.checks(STUDY), *leaving.results_checks(STUDY))}
CUT, AFTER = dt.date(2022, 8, 31), dt.date(2022, 9, 1)
ZERO = dt.date(2022, 1, 1)
BUILD = {"meta.build": [{"data_cut_date": CUT}]}


def failing(check_id: str, tables: dict[str, list[dict[str, Any]] | pa.Table]) -> list[tuple]:
    """Keys of the rows that the check selects, of tables given as rows."""
    with duckdb.connect(":memory:") as con:
        for table, rows in tables.items():
            con.execute(f"CREATE SCHEMA IF NOT EXISTS {table.partition('.')[0]}")
            con.register("given", pa.Table.from_pylist(rows) if isinstance(rows, list) else rows)
            con.execute(f"CREATE TABLE {table} AS FROM given")
        return sorted(con.execute(CHECKS[check_id].sql).fetchall())


def time(usubjid: str, **values: Any) -> dict[str, Any]:
    """A row of adtte: an event of OS on day 10, unless said otherwise."""
    row = {"paramcd": "OS", "startdt": ZERO, "adt": dt.date(2022, 1, 11), "cnsr": 0, "aval": 11.0, "duration_days": 10}
    return {"usubjid": usubjid, **row, **values}


def test_follow_up_may_end_on_the_data_cut_and_not_after_it() -> None:
    rows = [
        time("at", adt=CUT),
        time("after", adt=AFTER),
        time("before", adt=dt.date(2021, 12, 31)),
        time("no", adt=None),
    ]
    found = failing("adam.adtte.date_within_follow_up", {"adam.adtte": rows, **BUILD})
    assert found == [("after", "OS"), ("before", "OS"), ("no", "OS")]


@pytest.mark.parametrize(
    ("check_id", "table", "column", "key"),
    [
        ("adam.adtte.date_within_follow_up", "adam.adtte", "adt", ("p", "OS")),
        ("eligibility.study_group.time_zero_by_cut", "eligibility.study_group", "time_zero_date", ("p",)),
        ("adam.adrs.date_by_cut", "adam.adrs", "adt", ("p", "OS")),
    ],
)
def test_a_data_cut_that_nobody_knows_lets_no_day_pass(check_id: str, table: str, column: str, key: tuple) -> None:
    rows = [time("p", **{column: ZERO})]
    unknown = pa.table({"data_cut_date": pa.array([], pa.date32())})
    assert failing(check_id, {table: rows, **BUILD}) == []
    assert failing(check_id, {table: rows, "meta.build": unknown}) == [key]


def test_a_time_zero_on_the_data_cut_counts_and_a_later_one_does_not() -> None:
    rows = [
        {"usubjid": "at", "time_zero_date": CUT},
        {"usubjid": "after", "time_zero_date": AFTER},
        {"usubjid": "none", "time_zero_date": None},
    ]
    found = failing("eligibility.study_group.time_zero_by_cut", {"eligibility.study_group": rows, **BUILD})
    assert found == [("after",)]


def test_both_durations_are_days_and_only_one_counts_the_first() -> None:
    rows = [time("right"), time("short", aval=10.0), time("long", duration_days=11), time("none", duration_days=None)]
    assert failing("adam.adtte.durations_agree", {"adam.adtte": rows}) == [
        ("long", "OS"),
        ("none", "OS"),
        ("short", "OS"),
    ]


def test_the_wider_endpoint_may_end_with_the_narrower_one_and_not_after_it() -> None:
    days = {"earlier": 10, "same": 11, "later": 12}
    rows = [
        row for who, day in days.items() for row in (time(who), time(who, paramcd="PFS", adt=dt.date(2022, 1, day)))
    ]
    rows += [time("censored", cnsr=1), time("censored", paramcd="PFS", adt=dt.date(2022, 1, 12))]
    assert failing("adam.adtte.pfs_not_after_os", {"adam.adtte": rows}) == [("later", "PFS")]


def test_an_included_patient_without_the_endpoint_is_named_and_an_excluded_one_is_not() -> None:
    subjects = [{"usubjid": who, "inclfl": flag} for who, flag in (("has", "Y"), ("lacks", "Y"), ("out", "N"))]
    times = [time("has"), time("lacks", paramcd="PFS")]
    assert failing("adam.adsl.included_has_os", {"adam.adsl": subjects, "adam.adtte": times}) == [("lacks",)]


def test_a_subject_table_with_an_unnamed_subject_hides_nobody() -> None:
    screened = [{"usubjid": "there"}, {"usubjid": "missing"}]
    subjects = [{"usubjid": "there"}, {"usubjid": None}]
    tables = {"eligibility.screening": screened, "adam.adsl": subjects}
    assert failing("eligibility.screening.everyone_screened", tables) == [("missing",)]


def test_an_included_patient_has_a_group_that_is_compared_and_a_time_zero() -> None:
    groups = {
        "right": ("cells", ZERO),
        "other": ("nobody", ZERO),
        "ungrouped": (None, ZERO),
        "no_zero": ("cells", None),
    }
    tables = {
        "eligibility.screening": [{"usubjid": who, "is_included": who != "out"} for who in (*groups, "absent", "out")],
        "eligibility.study_group": [
            {"usubjid": who, "group_code": group, "time_zero_date": zero} for who, (group, zero) in groups.items()
        ],
        "study.study_group": [{"group_code": "cells"}],
    }
    found = failing("eligibility.screening.included_has_group", tables)
    assert found == [("absent",), ("no_zero",), ("other",), ("ungrouped",)]


def test_times_start_at_time_zero_where_the_study_counts_from_it() -> None:
    rows = [time("right"), time("late", startdt=AFTER), time("own", paramcd="DOR", startdt=AFTER)]
    tables = {
        "adam.adtte": rows,
        "adam.adsl": [{"usubjid": who, "time_zero_date": ZERO} for who in ("right", "late", "own")],
        "study.endpoint": [
            {"paramcd": "OS", "start_fact": "time_zero"},
            {"paramcd": "DOR", "start_fact": "first_response"},
        ],
    }
    assert failing("adam.adtte.starts_at_time_zero", tables) == [("late", "OS")]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_every_study_has_its_checks_each_with_reason_remedy_and_one_query(folder: Path) -> None:
    study = read_study(folder)
    found = [*arriving.checks(), *arriving.bookkeeping_checks(), *leaving.checks(study), *leaving.results_checks(study)]
    assert len({check.check_id for check in found}) == len(found)
    for check in found:
        assert check.check_id.startswith(f"{check.table}.")
        assert min(len(check.why.split()), len(check.remedy.split())) > 3, check.check_id
        assert "{" not in check.why + check.remedy + check.endangers, check.check_id
        assert len(sqlglot.parse(check.sql, dialect="duckdb")) == 1, check.check_id
        assert check.failing_rows.count("{batch}") == 1, check.check_id


def test_every_kind_of_study_asks_for_its_own_endpoints_only() -> None:
    for study in map(read_study, FOLDERS):
        asked = {check.check_id for check in leaving.checks(study) if ".included_has_" in check.check_id}
        due = {f"adam.adsl.included_has_{e.paramcd.lower()}" for e in _from_zero(study)}
        assert asked == due | {"eligibility.screening.included_has_group"}


def _from_zero(study: Study) -> list:
    return [endpoint for endpoint in study.protocol.endpoints if endpoint.start_fact == "time_zero"]


def test_a_check_has_one_condition() -> None:
    about = {"why": "w", "remedy": "r"}
    for wrong in ({}, {"fails": "true", "is": "unique"}):
        with pytest.raises(ValueError, match="one condition"):
            declared.Declared.model_validate(about | wrong)
