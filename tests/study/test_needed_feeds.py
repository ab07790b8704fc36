"""Which feeds a study cannot do without: whatever it names of a patient is told from one that has arrived."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cartwright.warehouse.settings import CHECKOUT
from cartwright.warehouse.study.definition import Plan, Protocol, Study
from cartwright.warehouse.study.followup import OF_EVERY_STUDY, OF_RESPONSES
from cartwright.warehouse.study.needed_feeds import needed_feeds, used_by
from cartwright.warehouse.yaml_file import YamlFile

PROTOCOL = """\
study: {study_id: small, title: Small, data_cut_date: 2022-08-31}
parameters: {}
code_lists: {}
screening: {anchor: diagnosed, label: Diagnosis, fact: diagnosis, pick: first}
time_zero: diagnosed
items: []
criteria: []
endpoints:
  - paramcd: OS
    param: Overall survival
    start_fact: time_zero
    sources:
      - {role: event, fact: death, description: Death}
      - {role: censor, fact: last_alive, cnsr: 1, description: Alive}
"""
RATED = "response: {source: SOURCE, stable_from_day: 0, death_without_progression: unrated}\n"


def study(tmp_path: Path, old: str = "", new: str = "") -> Study:
    """The protocol with `new` in place of `old`, or behind it."""
    path = tmp_path / "protocol.yml"
    path.write_text(PROTOCOL.replace(old, new, 1) if old else PROTOCOL + new, encoding="utf-8")
    protocol = YamlFile(path).parse(Protocol)
    return Study(protocol=protocol, plan=Plan(populations=[], outputs=[], analyses=[]))


def test_a_study_without_more_needs_what_screens_and_follows(tmp_path: Path) -> None:
    assert used_by(study(tmp_path)) == {"diagnosis", "death", "contact"}
    assert needed_feeds(study(tmp_path)) == {"ehr_diagnosis", "ehr_contact"}


@pytest.mark.parametrize(
    ("old", "new", "feed"),
    [
        ("start_fact: time_zero", "start_fact: cart_order", "ehr_cart_product"),
        ("start_fact: time_zero", "start_fact: time_zero\n    entry_fact: cart_order", "ehr_cart_product"),
        ("start_fact: time_zero", "start_fact: new_therapy", "ehr_therapy_line"),
        ("", RATED.replace("SOURCE", "lesions"), "ris_imaging_report"),
        ("", RATED.replace("SOURCE", "rated"), "ehr_rated_response"),
        ("", RATED.replace("SOURCE", "rated_where_lesions_missing"), "ris_imaging_report"),
        ("", "datasets: [adae]\n", "ehr_adverse_event"),
        ("", "datasets: [adlb]\n", "lis_lab_result"),
        ("", "datasets: [adtr]\n", "ris_imaging_report"),
    ],
)
def test_what_is_named_anywhere_needs_its_feed(tmp_path: Path, old: str, new: str, feed: str) -> None:
    assert feed not in needed_feeds(study(tmp_path))
    assert feed in needed_feeds(study(tmp_path, old, new))


def test_the_models_derive_what_the_checks_say_that_follow_up_derives() -> None:
    model = CHECKOUT / "sql" / "models" / "endpoints" / "endpoint_fact.sql"
    listed = re.search(r"set derived = \[(.*?)\]", model.read_text(encoding="utf-8"), re.DOTALL)[1]
    assert set(re.findall(r"'(\w+)'", listed)) == {*OF_EVERY_STUDY, *OF_RESPONSES}
