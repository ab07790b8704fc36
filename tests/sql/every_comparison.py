"""No comparison of the models can be changed unseen. Some minutes, so asked for by name:

    python -m pytest tests/sql/every_comparison.py -n 2

Each mutant is given to the unit tests of its model; one that they let pass is built into the hospital of the cases,
with all that reads it, and the questions of the cases are asked again. What may stay unseen is listed in
equivalent_mutants.csv with the reason why no table can tell it from the rule.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import pytest

from cartwright.warehouse.settings import Settings
from case_hospital import CaseHospital, is_due, load_cases
from houses import one_file
from mutants import Mutant, mutants
from sql_rules import Rules
from whole_project import whole_manifest

LISTED = {
    (row["model"], row["what"]): row["why"]
    for row in csv.DictReader((Path(__file__).parent / "equivalent_mutants.csv").open(encoding="utf-8"))
}
CASES = load_cases()


def every_mutant() -> Iterator[Mutant]:
    """Of every model, in one order."""
    nodes = whole_manifest()["nodes"].values()
    for node in sorted((node for node in nodes if node["resource_type"] == "model"), key=lambda node: node["name"]):
        yield from mutants(node["name"], node["compiled_code"])


class Downstream:
    """The hospital of the cases in one file, in which a model can be changed for one question."""

    def __init__(self, folder: Path, rules: Rules) -> None:
        self.rules, self.cases = rules, CaseHospital(folder / "house", CASES)
        self.cases.con.close()
        path = one_file(Settings(home=folder / "house"), folder)
        self.con = self.cases.con = duckdb.connect(str(path))
        self.con.execute("SET TimeZone = 'UTC'")
        self.order = [name for name in TopologicalSorter(rules.inputs).static_order() if name in rules.models]

    def notices(self, mutant: Mutant) -> str | None:
        """The first question of a case that is answered otherwise; None: no answer changes."""
        self.con.begin()
        try:
            changed = {mutant.model: mutant.sql}
            moved: set[str] = set()
            for model in self.order:
                if model == mutant.model or moved & set(self.rules.inputs[model]):
                    if self._moves(model, changed.get(model, self.rules.models[model])):
                        moved.add(model)
                    elif model == mutant.model:
                        return None
            return self._first_wrong() if moved else None
        except duckdb.Error as error:
            return f"breaks: {type(error).__name__}"
        finally:
            self.con.rollback()

    def _moves(self, model: str, sql: str) -> bool:
        """Build the model anew; whether it has other rows than before."""
        relation = self.rules.relation[model]
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE anew AS {sql}")
        rows = "SELECT count(*), coalesce(sum(hash(t))::VARCHAR, '') FROM"
        if (
            self.con.execute(f"{rows} temp.anew AS t").fetchone()
            == self.con.execute(f"{rows} {relation} AS t").fetchone()
        ):
            return False
        self.con.execute(f"CREATE OR REPLACE TABLE {relation} AS FROM temp.anew")
        return True

    def _first_wrong(self) -> str | None:
        for case in CASES:
            for question in case.ask:
                if not is_due(question["due"], self.cases.answer(case, question["sql"])):
                    return f"{case.case_id}: {question['what']}"
        return None


@pytest.fixture(scope="session")
def downstream(tmp_path_factory: pytest.TempPathFactory, rules: Rules) -> Downstream:
    return Downstream(tmp_path_factory.mktemp("mutated"), rules)


def _is_noticed(rules: Rules, mutant: Mutant) -> bool:
    for test in rules.tests_of(mutant.model):
        try:
            if rules.failures(test, mutant.sql):
                return True
        except duckdb.Error:
            rules.con.execute("DROP TABLE IF EXISTS answer")
            return True
    return False


@pytest.mark.parametrize(
    "mutant", list(every_mutant()), ids=lambda mutant: f"{mutant.model}:{mutant.place} {mutant.what}"
)
def test_a_changed_comparison_is_seen(rules: Rules, request: pytest.FixtureRequest, mutant: Mutant) -> None:
    is_seen = _is_noticed(rules, mutant) or request.getfixturevalue("downstream").notices(mutant) is not None
    is_listed = (mutant.model, mutant.what) in LISTED
    assert is_seen != is_listed, f"{mutant.model}, line {mutant.place}: {mutant.what}"
