"""No comparison of the models can be changed unseen. Takes long, so it is asked for by name:

    python tests/sql/every_comparison.py               # all of sql/models, sql/macros and the default study's own SQL
    python tests/sql/every_comparison.py lugano facts/imaging/

Each mutant of the source (mutants.py) is given to the unit tests of the models that it changes, then to the tests in
Python that ask them; one that both let pass is built into the hospital of the cases, with all that reads it, and the
questions of the cases are asked again. What may stay unseen is listed in equivalent_mutants.csv with the reason why no
table can tell it from the rule. Prints every mutant that is neither seen nor listed, with what it moved in that
hospital, and every listed one that is seen; 1 when there are any.
"""

from __future__ import annotations

import csv
import multiprocessing
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import partial
from graphlib import TopologicalSorter
from itertools import islice
from multiprocessing.pool import Pool
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / room) for room in ("", "sql", "cases", "pipeline", "reference"))]

from hypothesis import Phase, settings  # noqa: E402

from case_hospital import CaseHospital, is_due, load_cases  # noqa: E402
from houses import one_file  # noqa: E402
from mutants import Mutant, every_mutant  # noqa: E402
from sql_rules import Rules  # noqa: E402

settings.register_profile("mutants", max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
settings.load_profile("mutants")  # before the tests take theirs from it: what fails needs no smallest example

import test_evidence  # noqa: E402
import test_reference  # noqa: E402
import test_reported_values  # noqa: E402

PROCESSES = 2
LISTED = list(csv.DictReader((Path(__file__).parent / "equivalent_mutants.csv").open(encoding="utf-8")))
CASES = load_cases()
Asked = dict[str, list[Callable[[Rules], None]]]  # by model, the tests in Python that ask it


def python_tests() -> Iterator[Callable[[Rules], None]]:
    """Those of tests/sql that hold a model against a second reading of its rule."""
    for module in (test_reference, test_reported_values):
        for name, test in vars(module).items():
            if name.startswith("test_"):
                marks = [mark.args for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
                for argument, values in marks or [("", [None])]:
                    for value in values:
                        yield partial(test, **({argument: value} if argument else {}))
    for case in test_evidence.CASES:
        yield partial(test_evidence.test_only_what_decided_is_named, case=case)


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

    def tests_by_model(self) -> Asked:
        """The tests in Python that ask a model, by its name."""
        found: Asked = {}
        for test in python_tests():
            self.asked = set()
            test(rules=self)
            for model in self.asked:
                found.setdefault(model, []).append(test)
        return found


class Downstream:
    """The hospital of the cases in one file, in which models can be changed for one question."""

    def __init__(self, hospital: CaseHospital, file: Path, rules: Rules) -> None:
        self.rules, self.cases = rules, hospital
        self.con = hospital.con = duckdb.connect(str(file))
        self.con.execute("SET TimeZone = 'UTC'")
        self.order = [name for name in TopologicalSorter(rules.inputs).static_order() if name in rules.models]

    def unseen(self, models: Mapping[str, str]) -> list[str] | None:
        """The tables that these models' SQL moves when no answer changes; None: a question is answered otherwise."""
        self.con.begin()
        moved: list[str] = []
        try:
            for model in self.order:
                anew = model in models or set(moved) & set(self.rules.inputs[model])
                if anew and self._moves(model, models.get(model, self.rules.models[model])):
                    moved.append(model)
            return None if moved and not self._all_due() else moved
        except duckdb.Error:
            return None
        finally:
            self.con.rollback()

    def _moves(self, model: str, sql: str) -> bool:
        """Build the model anew; whether it has other rows than before."""
        relation = self.rules.relation[model]
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE anew AS {sql}")
        rows = "SELECT count(*), coalesce(sum(hash(t))::VARCHAR, '') FROM"
        before, after = (self.con.execute(f"{rows} {table} AS t").fetchone() for table in (relation, "temp.anew"))
        if before == after:
            return False
        self.con.execute(f"CREATE OR REPLACE TABLE {relation} AS FROM temp.anew")
        return True

    def _all_due(self) -> bool:
        return all(
            is_due(question["due"], self.cases.answer(case, question["sql"])) for case in CASES for question in case.ask
        )


class Worker:
    """One process with its own warehouse; `one` is it."""

    one: Worker

    def __init__(self, asked: Asked, hospital: CaseHospital, file: Path) -> None:
        Worker.one = self
        self.rules, self.asked = Watched(), asked
        own = file.parent / str(os.getpid()) / file.name
        own.parent.mkdir()
        self.downstream = Downstream(hospital, shutil.copy(file, own), self.rules)

    def unseen(self, mutant: Mutant) -> list[str] | None:
        """None: it is seen; else the tables that it moves in the hospital of the cases."""
        if self._fails_a_unit_test(mutant) or self._fails_a_python_test(mutant):
            return None
        return self.downstream.unseen(mutant.models)

    def _fails_a_unit_test(self, mutant: Mutant) -> bool:
        try:
            return any(
                self.rules.failures(test, sql)
                for model, sql in mutant.models.items()
                for test in self.rules.tests_of(model)
            )
        except duckdb.Error:
            self.rules.con.execute("DROP TABLE IF EXISTS answer")
            return True

    def _fails_a_python_test(self, mutant: Mutant) -> bool:
        tests = dict.fromkeys(test for model in mutant.models for test in self.asked.get(model, []))
        with self.rules.changed(mutant.models):
            try:
                for test in tests:
                    test(rules=self.rules)
            except Exception:
                return True
        return False


def judge(mutant: Mutant) -> tuple[Mutant, list[str] | None]:
    """The mutant and what `Worker.unseen` says of it."""
    return mutant, Worker.one.unseen(mutant)


def is_listed(mutant: Mutant) -> bool:
    """Whether equivalent_mutants.csv names it: path, words of its line and change, `*` for anything."""
    said = (mutant.place.path, mutant.place.words, mutant.change)
    return any(all(map(fnmatchcase, said, (row["path"], row["words"], row["change"]))) for row in LISTED)


def _pool(asked: Asked, folder: Path) -> Pool:
    hospital = CaseHospital(folder / "house", CASES)
    hospital.con.close()
    file = one_file(hospital.settings, folder)
    return multiprocessing.get_context("fork").Pool(PROCESSES, Worker, (asked, hospital, file))


def main(only: list[str]) -> int:
    """Judge the mutants of files whose path contains one of these words, or all."""
    chosen = [mutant for mutant in every_mutant() if not only or any(word in mutant.place.path for word in only)]
    asked = Watched().tests_by_model()
    seen, listed, wrong = 0, 0, 0
    with tempfile.TemporaryDirectory() as folder, _pool(asked, Path(folder)) as pool:
        for mutant, moved in pool.imap_unordered(judge, chosen):
            seen, listed = seen + (moved is None), listed + is_listed(mutant)
            if (moved is None) == is_listed(mutant):
                wrong += 1
                tables = (
                    "listed, but it is seen" if moved is None else f"moves {', '.join(islice(moved, 4)) or 'nothing'}"
                )
                print(f"{mutant}  [{tables}]", flush=True)
    print(f"{len(chosen)} mutants, {seen} seen, {listed} listed, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
