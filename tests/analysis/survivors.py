"""Mutants of the statistics that no test notices and equivalent_mutants.csv does not explain; mutate.sh asks this last.

    python tests/analysis/survivors.py FOLDER    (where mutmut worked, its own modules in FOLDER/tools)

A row of the list names the file, the line and what mutmut made of it, `*` for anything in both, and why no test can
tell the two apart. Prints the unexplained, and the listed that a test sees after all; 1 when there are any.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

LISTED = list(csv.DictReader((Path(__file__).parent / "equivalent_mutants.csv").open(encoding="utf-8")))
SEEN = {1, 3, 24, 36, 152, 255, -24, -9}  # exit codes: a test failed, or the mutant ran on and on


def changed(name: str) -> tuple[str, str]:
    """The line of the source and what became of it, blanks as one."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    lines = [line for line in get_diff_for_mutant(name).splitlines() if not line.startswith(("---", "+++"))]
    return tuple(" ".join(" ".join(line[1:] for line in lines if line[0] == sign).split()) for sign in "-+")


def mutants() -> Iterator[tuple[str, str, int | None]]:
    """File, name and exit code of every mutant; None where it has not been tried."""
    top = Path("mutants/cartwright")
    for kept in sorted(top.rglob("*.meta")):
        for name, code in json.loads(kept.read_text())["exit_code_by_key"].items():
            yield str(kept.relative_to(top).with_suffix("")), name, code


def row_of(path: str, line: str, mutant: str) -> int | None:
    """Which row explains it."""
    for number, row in enumerate(LISTED):
        said = zip((path, line, mutant), (row["path"], row["line"], row["mutant"]), strict=True)
        if all(fnmatchcase(found.replace("[", "("), given.replace("[", "(")) for found, given in said):
            return number
    return None


def main(folder: str) -> int:
    os.chdir(folder)
    sys.path.insert(0, str(Path(folder, "tools").resolve()))
    every = list(mutants())
    tried = [mutant for mutant in every if mutant[2] is not None]
    whole = {path for path, *_ in tried} - {path for path, _, code in every if code is None}
    unseen = [(path, *changed(name), name) for path, name, code in tried if code not in SEEN]
    rows = [row_of(path, line, mutant) for path, line, mutant, _ in unseen]
    for (path, line, mutant, name), row in zip(unseen, rows, strict=True):
        if row is None:
            print(f"{path}: {name.rpartition('.')[2]}\n  - {line}\n  + {mutant}")
    idle = [row for number, row in enumerate(LISTED) if number not in rows and row["path"] in whole]
    for row in idle:
        print(f"{row['path']}: {row['line']} [listed, but no mutant of it is unseen]")
    without = rows.count(None)
    print(
        f"{len(tried)} mutants, {len(unseen)} unseen, {without} of them without a reason, {len(idle)} listed but seen"
    )
    return 1 if without or idle else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
