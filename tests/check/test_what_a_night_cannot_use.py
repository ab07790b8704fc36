"""A protocol that would break a night, or leave a table, a group or a count of it empty, is refused beforehand."""

from __future__ import annotations

import copy
import datetime as dt
import math
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cartwright.orchestration.study_reading import checks
from cartwright.warehouse.settings import CHECKOUT
from cartwright.warehouse.study.dbt_vars import dbt_vars
from cartwright.warehouse.study.loader import check_folder, load_study

STUDY = CHECKOUT / "studies" / "first_line"
SEX = "{item: sex_code, label: Sex, kind: pick, fact: sex, pick: latest, column: true"
AGE = "kind: age, anchor: time_zero, column: true"
LDH = "kind: pick, fact: ldh_ratio_uln, anchor: time_zero, from_day: baseline_from_day, to_day: 0, pick: latest"
END = "endpoints:\n"
SCHEDULE = "schedule: [{modality: CT, from_day: 0, interval_days: 56, window_days: 14}]\n" + END
VISITS = "visits: [{paramcd: V1, param: One, day: 30, window_days: 7}]\n" + END
CELLS = "items:\n  - {item: failed, label: Failed, kind: pick, fact: cart_outcome, pick: latest%s}\n"


def edited(tmp_path: Path, *changes: tuple[str, str]) -> Path:
    """A copy of the study in whose protocol each text, however its rows are wrapped, has become another, once."""
    folder = Path(shutil.copytree(STUDY, tmp_path / "study"))
    text = (folder / "protocol.yml").read_text(encoding="utf-8")
    for old, new in changes:
        text, found = re.subn(r"\s+".join(map(re.escape, old.split(" "))), lambda _, new=new: new, text, count=1)
        assert found, old
    (folder / "protocol.yml").write_text(text, encoding="utf-8")
    return folder


def said(folder: Path) -> list[str]:
    return list(map(str, check_folder(folder, **checks(CHECKOUT / "hospitals" / "demonstration")).defects))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        # columns
        (SEX, f"{SEX[:-4]}usubjid", 'column "usubjid": every study has a column of that name'),
        (SEX, f"{SEX[:-4]}group_code", 'column "group_code": every study has'),
        (SEX, f"{SEX[:-4]}inclfl", 'column "inclfl": every study has'),
        (SEX, f"{SEX[:-4]}treatment_group", 'column "treatment_group": every study has'),
        (SEX, f"{SEX[:-4]}order", 'column "order": SQL has that word for itself'),
        (SEX, f"{SEX[:-4]}age_years", 'column "age_years": it is declared twice, before by "age_years"'),
        (LDH, f"{LDH}, column: true}}\n  - {{item: ldh_ratio_uln_least, label: L, {AGE}", 'made for "ldh_ratio_uln"'),
        (SEX, f"{SEX}, type: date", '"sex_code" is a code, which no date holds; write type: varchar'),
        (
            AGE,
            f"{AGE}, type: boolean",
            '"age_years" is a number, which no boolean holds; write type: integer or double',
        ),
        # names
        ("study_id: first_line", "study_id: adam", '"adam" is no name for a study'),
        ("study_id: first_line", "study_id: system", '"system" is no name for a study'),
        (
            END,
            "own_facts: [{fact: death, value_type: date, description: D}]\n" + END,
            '"death" is a fact of every study',
        ),
        (END, "own_facts: [{fact: last_alive, value_type: date, description: D}]\n" + END, '"last_alive" is a fact of'),
        (
            END,
            f"own_facts: [{', '.join(2 * ['{fact: mine, value_type: date, description: D}'])}]\n" + END,
            '"mine" is declared twice',
        ),
        # questions that no record answers
        (SEX, f"{SEX}, only_if: sex_code", '"sex_code" is asked only if it is itself'),
        (SEX, f"{SEX}, only_if: age_years", '"age_years" is a number, no flag'),
        (
            "fact: ann_arbor_stage, anchor",
            "fact: birth, code_list: compared_groups, anchor",
            "is a date without a code",
        ),
        ("items:\n", CELLS % ", without_max: 3", '"cart_outcome" is a flag, and only a number has a limit'),
        ("items:\n", CELLS.replace("cart_outcome", "coo_code") % ", without_max: 3", "is a code, and only a number"),
        (
            "items:\n",
            "items:\n  - {item: t, label: T, kind: total, of: [age_years, age_years]}\n",
            "would be added twice",
        ),
        ("compared_groups: [gcb, non_gcb]", "compared_groups: []", "there are too few entries; give at least 1"),
        (
            "kind: number, min: age_min_years}",
            "kind: number, min: 18, max: 17.5}",
            "from 18 to 17.5 nothing lies between",
        ),
        ("over: ldh_ratio_over, column", "over: 3, under: 2, column", "from 3 to 2 nothing lies between"),
        ("over: ldh_ratio_over, column", "over: 3, under: 3, column", "from 3 to 3 nothing lies between"),
        ("over: ldh_ratio_over, column", "over: 3, max: 3.0, column", "from 3 to 3.0 nothing lies between"),
        ("over: ldh_ratio_over, column", "min: 3, under: 3, column", "from 3 to 3 nothing lies between"),
        ("min: start_earliest_date", "min: 2099-01-01", "2099-01-01 is after the data cut, 2022-08-31"),
        ("min: start_earliest_date", "min: 1018-01-01", "1018-01-01 is long past"),
        ("min: age_min_years", "min: 180", '180 is beyond what "age_years" can be (from 0 to 120 a)'),
        ("ipi_high_min: {value: 3", "ipi_high_min: {value: 6", '6 is beyond what "ipi_score" can be (from 0 to 5)'),
        ("ipi_high_min: {value: 3", "ipi_high_min: {value: .nan", "nan is no number"),
        ("ipi_high_min: {value: 3", "ipi_high_min: {value: .inf", "inf is no number"),
        # days that must be there
        ("stable_from_day: stable_disease_floor_days", "stable_from_day: -1", "-1 days cannot be, as response read it"),
        (END, "safety: {emergent_to_day: null}\n" + END, "there is no number of days; give one, from 0 on"),
        (END, "safety: {emergent_to_day: -1}\n" + END, "-1 days cannot be, as safety read it"),
        (END, SCHEDULE.replace("from_day: 0", "from_day: null"), "no day from which it holds; give one"),
        (END, SCHEDULE.replace("56", "null"), "there is no number of days; give one, from 1 on"),
        (END, SCHEDULE.replace("56", "0"), "0 days cannot be, as schedule read it"),
        (END, SCHEDULE.replace("14", "null"), "there is no number of days; give one, from 0 on"),
        (END, SCHEDULE.replace("14", "-7"), "-7 days cannot be, as schedule read it"),
        (END, SCHEDULE.replace("56", "5600000000"), "5600000000 days are more than anybody lives"),
        (END, VISITS.replace("7}", "null}"), "there is no number of days; give one, from 0 on"),
        (END, VISITS.replace("7}", "-7}"), "-7 days cannot be, as visits read it"),
        (END, VISITS.replace("day: 30", "day: 30000000"), "30000000 days are more than anybody lives"),
        (
            "paramcd: PFS\n",
            "paramcd: PFS\n    interval_days: 0\n    window_days: -1\n",
            "0 days cannot be, as endpoints read it",
        ),
    ],
)
def test_it_is_refused_with_its_words(tmp_path: Path, old: str, new: str, words: str) -> None:
    found = said(edited(tmp_path, (old, new)))
    assert any(words in each for each in found), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SEX, f"{SEX}, type: varchar"),
        (AGE, f"{AGE}, type: double"),
        ("kind: number, min: age_min_years}", "kind: number, min: 18, max: 18.0}"),
        ("over: ldh_ratio_over, column", "over: 3, under: 3.1, column"),
        ("min: start_earliest_date", "min: 2018-01-01, max: 2022-08-31"),
        ("min: age_min_years", "min: 120"),
        ("ipi_high_min: {value: 3", "ipi_high_min: {value: 5"),
        ("stable_from_day: stable_disease_floor_days", "stable_from_day: 0"),
        (END, "safety: {emergent_to_day: 0}\n" + END),
        (END, SCHEDULE.replace("56", "1").replace("14", "0")),
        (END, VISITS.replace("7}", "0}")),
    ],
)
def test_the_other_side_of_each_limit_is_sound(tmp_path: Path, old: str, new: str) -> None:
    unread = ("nothing reads the parameter",)  # what the change has replaced
    assert [each for each in said(edited(tmp_path, (old, new))) if not any(word in each for word in unread)] == []


ODD = [None, "", "x", "usubjid", "order", 0, -1, 1.5, 10**12, math.nan, True, dt.date(2099, 1, 1), [], {}, [None]]


def places(data: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every place of a file, from the outermost."""
    if place:
        yield place
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, part in inner:
        yield from places(part, (*place, step))


FILES = {
    path.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in (STUDY / "protocol.yml", STUDY / "analysis_plan.yml")
}
EVERYWHERE = [(name, place) for name, data in FILES.items() for place in places(data)]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(EVERYWHERE), st.sampled_from([*ODD, "left out", "twice"]))
def test_a_study_with_anything_anywhere_is_refused_or_can_be_loaded(
    tmp_path: Path, where: tuple[str, tuple[str | int, ...]], odd: Any
) -> None:
    """No value at any place ends the check, and what the check lets pass the loader takes."""
    name, place = where
    data = copy.deepcopy(FILES[name])
    part = data
    for step in place[:-1]:
        part = part[step]
    if odd == "left out":
        del part[place[-1]]
    elif odd == "twice" and isinstance(part, list):
        part.append(copy.deepcopy(part[place[-1]]))
    else:
        part[place[-1]] = odd
    folder = tmp_path / "any"
    shutil.copytree(STUDY, folder, dirs_exist_ok=True)
    (folder / name).write_text(yaml.dump(data, Dumper=yaml.CSafeDumper), encoding="utf-8")
    found = check_folder(folder, **checks(CHECKOUT / "hospitals" / "demonstration"))
    assert all(map(str, found.defects))
    if found.study is not None:
        with duckdb.connect() as con:
            load_study(con, folder)
        dbt_vars(found.study)
