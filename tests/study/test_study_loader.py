"""The study loader: what it writes, and that every mistake stops it with file, line, place and remedy."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.study.loader import StudyError, load_study, read_study
from cartwright.warehouse.study.tables import TABLES

EXTRA_PLAN = """populations:
  - {population: women, column_name: sex_code, operator: "=", value: F}
outputs:
  - {output_id: extra.groups, seq: 1, kind: table, title: Women}
analyses:
  - {analysis_id: extra, output_id: extra.groups, seq: 1, kind: count, title: Women, population: women}
"""
STUDY_DIR = Path(__file__).parents[2] / "studies" / "cd20_salvage"


@pytest.fixture
def study_dir(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STUDY_DIR, tmp_path / "study"))


def edit(study_dir: Path, old: str, new: str, file: str = "protocol.yml") -> int:
    """Replace `old` once; returns the line on which it stood."""
    path = study_dir / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def problems(study_dir: Path) -> str:
    with pytest.raises(StudyError) as error:
        read_study(study_dir)
    return str(error.value)


def test_the_published_study_loads_with_its_data_cut():
    study = read_study(STUDY_DIR)
    assert study.data_cut_date == dt.date(2022, 8, 31)


def test_every_table_is_written_with_comments_and_a_second_load_changes_nothing():
    con = duckdb.connect()
    load_study(con, STUDY_DIR)
    first = {table: con.execute(f"FROM study.{table}").fetchall() for table in TABLES}
    load_study(con, STUDY_DIR)
    assert {table: con.execute(f"FROM study.{table}").fetchall() for table in TABLES} == first
    assert {table for table, rows in first.items() if not rows} == {"item_code", "endpoint_code"}  # it has neither
    undocumented = con.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'study' AND comment IS NULL"
    ).fetchall()
    assert undocumented == []


def test_limits_named_by_a_parameter_are_resolved_to_its_value():
    con = duckdb.connect()
    load_study(con, STUDY_DIR)
    rows = con.execute(
        "SELECT item, min_num, min_date, max_date FROM study.criterion WHERE item IN "
        "('age_years', 'cd19_failure_date', 'compared_therapy_date') ORDER BY 1"
    ).fetchall()
    assert rows == [
        ("age_years", 18.0, None, None),
        ("cd19_failure_date", None, dt.date(2019, 12, 1), None),
        ("compared_therapy_date", None, None, dt.date(2022, 5, 31)),
    ]


def test_the_criteria_stand_in_the_order_of_the_protocol():
    con = duckdb.connect()
    load_study(con, STUDY_DIR)
    ids = con.execute("SELECT criterion_id FROM study.criterion GROUP BY ALL ORDER BY min(seq)").fetchall()
    assert [row[0] for row in ids] == [
        "cd19_product",
        "cd19_failed",
        "window",
        "age",
        "histology",
        "prior_lines",
        "no_concurrent_drug",
        "treated_after_failure",
        "compared_therapy",
    ]


def test_lists_of_an_analysis_are_stored_as_json():
    con = duckdb.connect()
    load_study(con, STUDY_DIR)
    for levels, variables, options in con.execute(
        "SELECT group_levels, variables, options FROM study.analysis"
    ).fetchall():
        assert isinstance(json.loads(levels), list)
        assert isinstance(json.loads(variables), list)
        assert isinstance(json.loads(options), dict)


@pytest.mark.parametrize(
    ("old", "new", "place", "what"),
    [
        (
            "{item: age_years, kind: n",
            "{item: age_year, kind: n",
            "criteria.age.parts.age_year.item",
            'did you mean "age_years"?',
        ),
        ("min: age_min_years", "min: age_minimum", "criteria.age.parts.age_years.min", '"age_minimum" is no parameter'),
        ("min: age_min_years", "min: 2019-12-01", "criteria.age.parts.age_years.min", "is not a number"),
        (
            "{item: age_years, kind: number, min: age_min_years}",
            "{item: age_years, kind: number}",
            "criteria.age.parts.age_years",
            "have limits",
        ),
        (
            "item: age_years, kind: number",
            "item: age_years, kind: date",
            "criteria.age.parts.age_years.kind",
            "is a number",
        ),
        (
            "code_list: histology_allowed",
            "code_list: histologies",
            "criteria.histology.parts.histology_at_failure_code.code_list",
            "is no code list",
        ),
        ("criterion_id: age", "criterion_id: window", "criteria.window", '"window" is declared twice'),
        (
            "{group_code: cd20, modality: CT",
            "{group_code: cd21, modality: CT",
            "schedule.cd21.group_code",
            "is no group",
        ),
        (
            "role: event, fact: death, description: Death of",
            "role: event, fact: dead, description: Death of",
            "endpoints.OS.sources.dead.fact",
            '"dead" is no fact',
        ),
        (
            "role: event, fact: death, description: Death of",
            "role: event, fact: death, cnsr: 1, description: Death of",
            "endpoints.OS.sources.death",
            "cnsr",
        ),
        ("  title: Salvage", "  titel: Salvage", "study.title", '"title" is missing'),
        ("data_cut_date: 2022-08-31", "data_cut_date: August", "study.data_cut_date", "date"),
        (
            "{class_code: trial, outside: trial drug",
            "{class_code: trial, group_code: noncart, outside: trial drug",
            "groups.rules.trial",
            "a rule gives a group, or says what is outside",
        ),
        (
            "fact: cart_failure, detail_code: cd19, of_course: cd19_infusion, pick: first}",
            "fact: cart_failures, detail_code: cd19, of_course: cd19_infusion, pick: first}",
            "anchors.cd19_failure.fact",
            '"cart_failures" is no fact',
        ),
        (
            "detail_code: cd20, of_course: time_zero",
            "detail_code: cd20, of_course: cd20_infusion",
            "anchors.cd20_infusion",
            "refers to itself",
        ),
        ("of_course: time_zero", "of_course: timezero", "anchors.cd20_infusion.of_course", '"timezero" is no anchor'),
        (
            "without_max: bridging_max_days",
            "without_max: bridging_days",
            "anchors.time_zero.without_max",
            "is no parameter",
        ),
        ("time_zero: time_zero", "time_zero: zero", "time_zero", '"zero" is no anchor'),
        ("flag: cart_outcome", "flag: cart_failure", "screening.flag", "is a code, not a flag"),
        (", flag: cart_outcome", "", "screening.pick", "a flag belongs to pick first_flagged"),
        ("of: max_lesion_mm", "of: max_lesions_mm", "items.is_bulky.of", 'did you mean "max_lesion_mm"?'),
        (
            "of: max_lesion_mm, min: bulky_min_mm",
            "of: max_lesion_mm, code_list: compared_groups",
            "items.is_bulky",
            "is a number: its condition has limits",
        ),
        ("of: max_lesion_mm", "of: is_bulky", "items.is_bulky", "is made of itself"),
        (
            "only_if: has_therapy_after_failure",
            "only_if: compared_group_code",
            "items.compared_therapy_date.only_if",
            "is no item",
        ),
        (
            "kind: sum, column",
            "kind: sum, fact: biopsy, column",
            "items.prior_cycles_count.fact",
            "is a code, not a number",
        ),
        (
            "column: cd20_expression_percent",
            "column: cd20_status_code",
            "items.cd20_percent.column",
            "is declared twice",
        ),
        ("fact: therapy_class\n", "fact: therapy_klass\n", "groups.fact", 'did you mean "therapy_class"?'),
        ("{item: is_bridging_only, outside", "{item: age_years, outside", "groups.rules.age_years.item", "is no flag"),
        (
            "group_code: cd20, stratum_code: cd20, origin",
            "group_code: cd22, stratum_code: cd20, origin",
            "groups.rules.cart_cd20.group_code",
            '"cd22" is no group',
        ),
        ("  by: rules\n", "  by: item\n", "groups.by", "groups by item need `item`"),
    ],
)
def test_a_mistake_in_the_protocol_is_named_with_line_and_place(
    study_dir: Path, old: str, new: str, place: str, what: str
):
    line = edit(study_dir, old, new)
    told = [defect for defect in problems(study_dir).splitlines() if f": {place}: " in defect]
    assert told
    assert what in told[0]
    assert "; " in told[0]
    if not place.startswith("study."):
        assert told[0].startswith(f"protocol.yml:{line}: ")


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("output_id: cohort.groups\n", "output_id: cohort.none\n", '"cohort.none" is no output'),
        ("population: screened\n", "population: everybody\n", '"everybody" is no population'),
        ("analysis_id: groups_targeted", "analysis_id: groups", '"groups" is declared twice'),
    ],
)
def test_a_mistake_in_the_analysis_plan_is_named(study_dir: Path, old: str, new: str, what: str):
    edit(study_dir, old, new, "analysis_plan.yml")
    message = problems(study_dir)
    assert "analysis_plan.yml:" in message
    assert what in message


def test_the_plan_may_be_parted_into_files_and_is_read_as_one(study_dir: Path):
    whole = read_study(study_dir).plan
    (study_dir / "zz_plan.yml").write_text(EXTRA_PLAN, encoding="utf-8")
    plan = read_study(study_dir).plan
    assert len(plan.analyses) == len(whole.analyses) + 1
    assert plan.outputs[-1].output_id == "extra.groups"
    assert plan.populations[-1].population == "women"


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("analysis_id: extra", "analysis_id: groups", '6: analyses.groups: "groups" is declared twice'),
        ("output_id: extra.groups, s", "output_id: cohort.groups, s", '4: outputs.cohort.groups: "cohort.groups" is'),
        ("population: women, col", "population: analysed, col", '2: populations.analysed: "analysed" is declared in'),
        ("population: women}", "population: men}", '6: analyses.extra.population: "men" is no population'),
    ],
)
def test_a_mistake_in_a_part_of_the_plan_is_named_with_its_own_file_and_line(
    study_dir: Path, old: str, new: str, what: str
):
    (study_dir / "zz_plan.yml").write_text(EXTRA_PLAN.replace(old, new), encoding="utf-8")
    assert f"zz_plan.yml:{what}" in problems(study_dir)


def test_a_key_given_twice_is_refused_not_overwritten(study_dir: Path):
    edit(
        study_dir, "  age_min_years:", "  age_min_years: {value: 16, origin: decided, description: x}\n  age_min_years:"
    )
    assert '"age_min_years" is given twice' in problems(study_dir)


def test_every_problem_is_reported_at_once(study_dir: Path):
    edit(study_dir, "{item: age_years, kind: n", "{item: age, kind: n")
    edit(study_dir, "code_list: histology_allowed", "code_list: nothing")
    told = [defect.split(": ")[1] for defect in problems(study_dir).splitlines()]
    assert told == [
        "code_lists.histology_allowed",  # nothing uses it now
        "criteria.age.parts.age.item",
        "criteria.histology.parts.histology_at_failure_code.code_list",
    ]


def test_broken_yaml_and_a_missing_file_are_named(study_dir: Path):
    (study_dir / "protocol.yml").write_text("study: [", encoding="utf-8")
    (study_dir / "analysis_plan.yml").unlink()
    message = problems(study_dir)
    assert "protocol.yml:" in message
    assert "analysis_plan.yml: there is no such file" in message


def test_a_study_that_fails_leaves_what_was_loaded_before(study_dir: Path):
    con = duckdb.connect()
    load_study(con, STUDY_DIR)
    before = con.execute("FROM study.criterion").fetchall()
    edit(study_dir, "{item: age_years, kind: n", "{item: age, kind: n")
    with pytest.raises(StudyError):
        load_study(con, study_dir)
    assert con.execute("FROM study.criterion").fetchall() == before


def test_a_checklist_that_points_nowhere_is_refused(study_dir):
    line = edit(study_dir, "where: [cohort.funnel]", "where: [cohort.funel]", "checklist.yml")
    said = problems(study_dir)
    assert f"checklist.yml:{line}: " in said
    assert '"cohort.funel" is nowhere in the report or the release' in said


def test_a_study_may_have_no_checklist(study_dir):
    (study_dir / "checklist.yml").unlink()
    assert read_study(study_dir).checklist.root == []


def test_every_table_that_the_checklist_names_is_published():
    root = STUDY_DIR.parents[1]
    made = {
        f"{path.relative_to(root / 'sql' / 'models').parts[0]}.{path.stem}"
        for path in (root / "sql" / "models").rglob("*.sql")
    }
    made |= {f"study.{table}" for table in TABLES} | {"quality.check_result"}
    named = [name for item in read_study(STUDY_DIR).checklist.root for name in item.where]
    outputs = {output.output_id for output in read_study(STUDY_DIR).plan.outputs}
    assert [name for name in named if "." in name and name not in outputs | made] == []


@pytest.mark.parametrize("said", ["from_day: 1, interval", "from_day: 0, to_day: 400, interval"])
def test_a_gap_needs_an_interval_in_every_group_from_day_0_to_the_end(study_dir: Path, said: str) -> None:
    """Without one no gap is ever found, and every late event would count."""
    row = "{group_code: cd20, modality: PET_CT, "
    edit(study_dir, row + "from_day: 0, interval", row + said)
    message = problems(study_dir)
    assert ': endpoints.PFSA: a gap in assessments cannot be judged in group "cd20"' in message
    assert "endpoints.PFSA56" not in message  # it has an interval of its own
