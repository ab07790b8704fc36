"""What a protocol says of its follow-up: a rule that an endpoint needs is declared, or the load stops with a remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.study.loader import StudyError, load_study, read_study

STUDY_DIR = Path(__file__).parents[2] / "studies" / "cd20_salvage"
RESPONSE = (
    "response: {source: lesions, stable_from_day: stable_disease_floor_days, death_without_progression: progression, "
    "progression_endpoint: PFS}\n"
)
CAUSE = """  - paramcd: CSS
    param: Death of lymphoma
    start_fact: time_zero
    sources:
      - {role: event, fact: death, codes: [lymphoma], evntcd: lymphoma_death, description: Death of lymphoma}
      - {role: end, fact: death, cnsr: 2, description: Death of another cause}
      - {role: censor, fact: last_alive, cnsr: 1, description: Last date known alive}
"""


def edited(tmp_path: Path, old: str, new: str) -> Path:
    """A copy of the study in whose protocol `old` has become `new`, once."""
    study = Path(shutil.copytree(STUDY_DIR, tmp_path / "study"))
    text = (study / "protocol.yml").read_text(encoding="utf-8")
    assert old in text
    (study / "protocol.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return study


def refused(tmp_path: Path, old: str, new: str) -> str:
    with pytest.raises(StudyError) as error:
        read_study(edited(tmp_path, old, new))
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("stable_from_day: stable_disease_floor_days, ", "", 'response.stable_from_day: "stable_from_day" is missing'),
        ("stable_from_day: stable_disease_floor_days", "stable_from_day: null", "no day from which stable disease"),
        ("stable_from_day: stable_disease_floor_days", "stable_from_day: floor", '"floor" is no parameter'),
        ("death_without_progression: progression, ", "", '"death_without_progression" is missing'),
        ("source: lesions", "source: lesion", '"lesion" is none of lesions, rated'),
        ("progression_endpoint: PFS", "progression_endpoint: PSF", '"PSF" is no endpoint'),
        (RESPONSE, "", '"imaging_pd" needs responses, and the study says nothing of them'),
        (RESPONSE, "", "visits tabulate responses, and the study declares none"),
    ],
)
def test_a_response_is_declared_whole(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refused(tmp_path, old, new)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("start_fact: first_response", "start_fact: first_respons", '"first_respons" is no fact'),
        ("start_fact: first_response", "start_fact: first_respons", 'did you mean "first_response"?'),
        ("start_fact: first_response", "start_fact: assessment_gap", "ends observation and starts nothing"),
        ("{role: event, fact: clinical_pd,", "{role: event, fact: clinical_pd, cnsr: 2,", "no event has one"),
        ("{role: end, fact: new_therapy, cnsr: 2,", "{role: end, fact: new_therapy,", "end and censor has a cnsr"),
        ("{role: end, fact: new_therapy,", "{role: end, fact: new_therapy, evntcd: x,", "only an event has a code"),
        ("{role: end, fact: assessment_gap,", "{role: censor, fact: assessment_gap,", "write role: end"),
        ("    interval_days: common_interval_days\n", "", "an interval needs its window"),
        ("{group_code: noncart, modality: PET_CT", "{group_code: other, modality: PET_CT", '"other" is no group'),
        ("datasets: [adae,", "datasets: [adea,", '"adea" is no dataset'),
        ("datasets: [adae,", "datasets: [adae, adae,", '"adae" is declared twice'),
        ("safety: {emergent_to_day: emergent_to_day}", "", "adae needs to know what is treatment-emergent"),
    ],
)
def test_an_endpoint_or_dataset_that_cannot_be_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in refused(tmp_path, old, new)


def test_a_gap_needs_an_interval_in_every_group(tmp_path: Path) -> None:
    """A row without a group is one for every group."""
    schedule = "  - {group_code: noncart, modality: %s, from_day: 0, %sinterval_days: %d, window_days: %s}\n"
    window = "assessment_window_days"
    ct, pet = schedule % ("CT", "", 28, window), schedule % ("PET_CT", "", 56, window)
    for_a_while = schedule % ("CT", "to_day: 90, ", 28, window) + schedule % ("PET_CT", "to_day: 90, ", 56, window)
    said = refused(tmp_path / "ends", ct + pet, for_a_while)
    assert 'a gap in assessments cannot be judged in group "noncart"' in said
    for_all = for_a_while.replace("group_code: noncart, modality: PET_CT", "modality: PET_CT").replace(
        "to_day: 90, interval_days: 56", "interval_days: 56"
    )
    assert read_study(edited(tmp_path / "all", ct + pet, for_all))


def test_a_death_of_one_cause_says_what_the_others_are(tmp_path: Path) -> None:
    study = edited(tmp_path, "endpoints:\n", "endpoints:\n" + CAUSE)
    con = duckdb.connect()
    load_study(con, study)
    sources = con.execute(
        "SELECT priority, role, is_by_code, is_by_detail, evntcd FROM study.endpoint_source "
        "WHERE paramcd = 'CSS' ORDER BY ALL"
    ).fetchall()
    assert sources == [
        (1, "event", True, False, "lymphoma_death"),
        (2, "end", False, False, None),
        (3, "censor", False, False, None),
    ]
    codes = con.execute("SELECT priority, code_kind, code FROM study.endpoint_code").fetchall()
    assert codes == [(1, "value", "lymphoma")]


def test_a_death_of_one_cause_without_the_others_is_refused(tmp_path: Path) -> None:
    rest = "      - {role: end, fact: death, cnsr: 2, description: Death of another cause}\n"
    said = refused(tmp_path, "endpoints:\n", "endpoints:\n" + CAUSE.replace(rest, ""))
    assert 'nothing says what any other "death" is to this endpoint, or one without a code' in said
    assert "add {role: censor, fact: death, cnsr: 2" in said


def test_an_own_fact_does_not_take_the_name_of_another(tmp_path: Path) -> None:
    study = edited(tmp_path, "start_fact: decision", "start_fact: transplant")
    (study / "sql" / "endpoints" / "decision.sql").rename(study / "sql" / "endpoints" / "transplant.sql")
    with pytest.raises(StudyError, match=r"sql/endpoints/transplant.sql has the name of another fact"):
        read_study(study)


def test_a_cause_that_no_death_has_is_refused(tmp_path: Path) -> None:
    said = refused(tmp_path, "endpoints:\n", "endpoints:\n" + CAUSE.replace("[lymphoma]", "[lymfoma]"))
    assert 'endpoints.CSS.sources.death.codes.0: "lymfoma" is no code of "death"' in said
    assert 'did you mean "lymphoma"?' in said


def test_the_next_therapy_can_be_an_event(tmp_path: Path) -> None:
    endpoint = """  - paramcd: TTNT
    param: Time to next treatment
    start_fact: time_zero
    sources:
      - {role: event, fact: new_therapy, description: New anti-lymphoma therapy}
      - {role: event, fact: death, description: Death of any cause}
      - {role: censor, fact: last_alive, cnsr: 1, description: Last date known alive}
"""
    assert read_study(edited(tmp_path, "endpoints:\n", "endpoints:\n" + endpoint))


@pytest.mark.parametrize("name", ["death", "new_therapy", "first_response"])
def test_a_named_day_has_no_name_of_what_follow_up_derives(tmp_path: Path, name: str) -> None:
    said = refused(tmp_path, "  - {anchor: cd20_infusion, ", f"  - {{anchor: {name}, ")
    assert f"'{name}' is what follow-up derives of every subject" in said
    assert "; rename the anchor" in said


def test_a_named_day_that_is_not_time_zero_is_not_called_so(tmp_path: Path) -> None:
    said = refused(tmp_path, "\ntime_zero: time_zero", "\ntime_zero: first_salvage_dose")
    assert "'time_zero' is what follow-up derives of every subject" in said
