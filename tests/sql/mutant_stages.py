"""Who notices a changed rule, the quick first: unit tests beside the models, the tests in Python that ask them, and
the questions of the cases, for which the hospital of the cases is built anew from the changed model on."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from graphlib import TopologicalSorter
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, Protocol

import duckdb
from hypothesis import Phase, settings

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), *(str(TESTS / room) for room in ("", "sql", "cases", "pipeline", "reference"))]
settings.register_profile("mutants", max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
settings.load_profile("mutants")  # before the tests take theirs from it: what fails needs no smallest example

import test_evidence  # noqa: E402
import test_reference  # noqa: E402
import test_reported_values  # noqa: E402
from cartwright.orchestration.dbt.manifest import PROJECT_DIR  # noqa: E402
from case_hospital import CaseHospital, is_due, load_cases  # noqa: E402
from houses import one_file  # noqa: E402
from mutants import Mutant  # noqa: E402
from sql_rules import Rules  # noqa: E402
from verdicts import digest, digest_of_files  # noqa: E402

SEEN = "seen"


class Stage(Protocol):
    """Some that may notice."""

    name: str

    def question(self, mutant: Mutant) -> str:
        """A digest of all that the verdict depends on."""

    def verdict(self, mutant: Mutant) -> str:
        """SEEN, or what there is to say of it."""


class UnitTests:
    """The unit tests declared for the models that it changes. Raises AssertionError when one fails by itself: it would
    notice anything."""

    name = "unit tests"

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.seeds = digest_of_files((PROJECT_DIR / "seeds").glob("*.csv"))
        failing = [test["name"] for test in rules.unit_tests if rules.failures(test)]
        assert not failing, f"mend first: {', '.join(failing)}"

    def question(self, mutant: Mutant) -> str:
        tests = [test for model in mutant.models for test in self.rules.tests_of(model)]
        kept = [{part: test[part] for part in ("model", "given", "expect")} for test in tests]
        return digest(self.name, self.seeds, *mutant.models.values(), json.dumps(kept, default=str))

    def verdict(self, mutant: Mutant) -> str:
        try:
            fails = any(
                self.rules.failures(test, sql)
                for model, sql in mutant.models.items()
                for test in self.rules.tests_of(model)
            )
        except duckdb.Error:
            self.rules.con.execute("DROP TABLE IF EXISTS answer")
            return SEEN
        return SEEN if fails else "no unit test fails"


class Watched(Rules):
    """The compiled rules, which remember what was asked, and can be changed for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def _answer(self, model: str, *arguments: object) -> duckdb.DuckDBPyRelation:
        self.asked.add(model)
        return super()._answer(model, *arguments)

    @contextmanager
    def changed(self, models: Mapping[str, str]) -> Iterator[None]:
        """With other SQL for some models."""
        before, self.models = self.models, {**self.models, **models}
        try:
            yield
        finally:
            self.models = before


class PythonTest(NamedTuple):
    """A test in Python, the models that it asks and how long it takes in seconds."""

    run: Callable[[Rules], None]
    asked: frozenset[str]
    seconds: float


class PythonTests:
    """Those of tests/sql that hold a model against a second reading of its rule, quick ones first."""

    name = "tests in Python"

    def __init__(self, rules: Watched) -> None:
        self.rules = rules
        self.sources = digest_of_files(
            Path(module.__file__) for module in (test_evidence, test_reference, test_reported_values)
        )

    def question(self, mutant: Mutant) -> str:
        asked = sorted({model for test in self._of(mutant) for model in test.asked})
        sql = [mutant.models.get(model, self.rules.models[model]) for model in asked]
        return digest(self.name, self.sources, *mutant.models.values(), *sql)

    def verdict(self, mutant: Mutant) -> str:
        with self.rules.changed(mutant.models):
            for test in self._of(mutant):
                try:
                    test.run(self.rules)
                except Exception:
                    return SEEN
        return "no test in Python fails"

    def _of(self, mutant: Mutant) -> list[PythonTest]:
        return [test for test in self._tests if test.asked & mutant.models.keys()]

    @cached_property
    def _tests(self) -> list[PythonTest]:
        return sorted(map(self._watched, _python_tests()), key=lambda test: test.seconds)

    def _watched(self, run: Callable[[Rules], None]) -> PythonTest:
        self.rules.asked, began = set(), perf_counter()
        run(self.rules)
        return PythonTest(run, frozenset(self.rules.asked), perf_counter() - began)


def _python_tests() -> Iterator[Callable[[Rules], None]]:
    for module in (test_reference, test_reported_values):
        for name, test in vars(module).items():
            if name.startswith("test_"):
                marks = [mark.args for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
                for argument, values in marks or [("", [None])]:
                    for value in values:
                        yield partial(test, **({argument: value} if argument else {}))
    for case in test_evidence.CASES:
        yield partial(test_evidence.test_only_what_decided_is_named, case=case)


class Cases:
    """The questions of the cases, asked of their hospital with the changed models and all that read them."""

    name = "cases"

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.order = [name for name in TopologicalSorter(rules.inputs).static_order() if name in rules.models]
        inputs = digest_of_files([*(TESTS / "cases").glob("*.yml"), *(PROJECT_DIR / "seeds").glob("*.csv")])
        self.around = digest(inputs, *(part for item in sorted(rules.models.items()) for part in item))

    def question(self, mutant: Mutant) -> str:
        return digest(self.name, self.around, *mutant.models.values())

    def verdict(self, mutant: Mutant) -> str:
        con = self._hospital.con
        con.begin()
        try:
            moved = self._moved(mutant.models)
            if moved and not self._all_due():
                return SEEN
        except duckdb.Error:
            return SEEN
        finally:
            con.rollback()
        return f"moves {', '.join(moved[:4]) or 'nothing'}"

    @cached_property
    def _hospital(self) -> CaseHospital:
        """In one file, in which models can be changed for one question."""
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        hospital = CaseHospital(folder / "house", load_cases())
        hospital.con.close()
        hospital.con = duckdb.connect(str(one_file(hospital.settings, folder)))
        hospital.con.execute("SET TimeZone = 'UTC'; SET threads = 1")
        return hospital

    def _moved(self, models: Mapping[str, str]) -> list[str]:
        """The tables that come out otherwise, in the order of their building."""
        moved: list[str] = []
        for model in self.order:
            anew = model in models or set(moved) & set(self.rules.inputs[model])
            if anew and self._moves(model, models.get(model, self.rules.models[model])):
                moved.append(model)
        return moved

    def _moves(self, model: str, sql: str) -> bool:
        """Build the model anew; whether it has other rows than before."""
        con, relation = self._hospital.con, self.rules.relation[model]
        con.execute(f"CREATE OR REPLACE TEMP TABLE anew AS {sql}")
        rows = "SELECT count(*), coalesce(sum(hash(t))::VARCHAR, '') FROM"
        before, after = (con.execute(f"{rows} {table} AS t").fetchone() for table in (relation, "temp.anew"))
        if before == after:
            return False
        con.execute(f"CREATE OR REPLACE TABLE {relation} AS FROM temp.anew")
        return True

    def _all_due(self) -> bool:
        return all(
            is_due(question["due"], self._hospital.answer(case, question["sql"]))
            for case in load_cases()
            for question in case.ask
        )


def stages() -> list[Stage]:
    """All of them, the quick first."""
    rules = Watched()
    rules.con.execute("SET threads = 1")  # small tables: a second thread only waits
    return [UnitTests(rules), PythonTests(rules), Cases(rules)]
