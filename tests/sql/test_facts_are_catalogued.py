"""Every dated fact stands in the catalogue with the feeds it comes from, and nothing else does."""

from __future__ import annotations

import re

import pytest

from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.study.followup import DATASETS
from sql_rules import Rules
from test_findings_are_catalogued import behind

pytestmark = pytest.mark.slow


def catalogue(rules: Rules) -> dict[str, tuple[str, str | None, list[str]]]:
    rows = rules.con.execute("SELECT fact, value_type, unit, feeds FROM standards.fact").fetchall()
    return {fact: (value_type, unit, feeds.replace("?", "").split(";")) for fact, value_type, unit, feeds in rows}


def test_the_catalogue_knows_every_fact_and_no_other(rules: Rules) -> None:
    """Facts named in the SQL; baseline candidates and laboratory tests bring their names as data."""
    parts = [name for name in rules.inputs["dated_fact"] if name.startswith("dated__")]
    named = {fact for part in parts for fact in re.findall(r"cast\('(\w+)' as string\) as fact", rules.models[part])}
    branches = {code for part in parts for code in re.findall(r"(?:then|else|select) '(\w+)'", rules.models[part])}
    candidates = [name for name in rules.models if name.startswith("candidate__")]
    items = {item for name in candidates for item in re.findall(r"'(\w+)'(?: as item|,)", rules.models[name])}
    markers = {f"{antigen}_{what}" for antigen in ("cd19", "cd20") for what in ("percent", "status_code")}
    tests = {
        f"lab_{code.lower()}" for (code,) in rules.con.execute("SELECT lbtestcd FROM standards.lab_test").fetchall()
    }
    known = set(catalogue(rules))
    assert named | tests | markers <= known
    assert known <= named | tests | markers | items | branches


def test_the_feeds_of_a_fact_are_behind_it(rules: Rules) -> None:
    contracts, sources = load_contracts(), behind(rules, "dated.dated_fact")
    for fact, (_, _, feeds) in catalogue(rules).items():
        assert set(feeds) <= contracts.keys(), fact
        assert {f"raw.{table}" for table in feeds} <= sources, fact


def test_the_feeds_of_a_dataset_are_behind_it(rules: Rules) -> None:
    for name, dataset in DATASETS.items():
        assert {f"raw.{table}" for table in dataset.needed} <= behind(rules, f"adam.{name}"), name


def test_a_number_has_a_unit_and_nothing_else_has(rules: Rules) -> None:
    wrong = {fact for fact, (value_type, unit, _) in catalogue(rules).items() if (value_type == "number") != bool(unit)}
    assert not wrong
