"""No comparison of the models can be changed unseen. Takes long, so it is asked for by name:

    python tests/sql/every_comparison.py               # all of sql/models, sql/macros and the default study's own SQL
    python tests/sql/every_comparison.py lugano facts/imaging/

Each mutant of the source (mutants.py) goes through the stages of mutant_stages.py, all through one before any through
the next; what one notices goes no further. What was judged is kept (verdicts.py): broken off, it goes on where it was.
What may stay unseen is listed in equivalent_mutants.csv with the reason why no table can tell it from the rule. Prints
every mutant that is neither seen nor listed, with what it moved in the hospital of the cases, and every listed one that
is seen; 1 when there are any.
"""

from __future__ import annotations

import csv
import sys
from fnmatch import fnmatchcase
from pathlib import Path

from mutant_stages import SEEN, Stage, stages  # first: it says where the tests lie
from mutants import Mutant, every_mutant
from verdicts import Verdicts

LISTED = list(csv.DictReader((Path(__file__).parent / "equivalent_mutants.csv").open(encoding="utf-8")))


def is_listed(mutant: Mutant) -> bool:
    """Whether equivalent_mutants.csv names it: path, words of its line and change, `*` for anything."""
    said = (mutant.place.path, mutant.place.words, mutant.change)
    return any(all(map(fnmatchcase, said, (row["path"], row["words"], row["change"]))) for row in LISTED)


def unseen(mutants: list[Mutant], by: list[Stage], kept: Verdicts) -> list[tuple[Mutant, str]]:
    """Those that no stage notices, with what the last says of them. Tells how far it is."""
    left = [(mutant, "") for mutant in mutants]
    for stage in by:
        judged = []
        for number, (mutant, _) in enumerate(left, start=1):
            judged.append((mutant, kept.ask(stage.question(mutant), lambda m=mutant, s=stage: s.verdict(m))))
            if number % 100 == 0 or number == len(left):
                print(f"{stage.name}: {number} of {len(left)} judged", file=sys.stderr, flush=True)
        left = [(mutant, verdict) for mutant, verdict in judged if verdict != SEEN]
    return left


def main(only: list[str]) -> int:
    """Judge the mutants of files whose path contains one of these words, or all."""
    chosen = [mutant for mutant in every_mutant() if not only or any(word in mutant.place.path for word in only)]
    left = unseen(chosen, stages(), Verdicts())
    unexplained = [(mutant, verdict) for mutant, verdict in left if not is_listed(mutant)]
    places = {id(mutant) for mutant, _ in left}
    noticed = [mutant for mutant in chosen if id(mutant) not in places and is_listed(mutant)]
    for mutant, verdict in unexplained:
        print(f"{mutant}  [{verdict}]")
    for mutant in noticed:
        print(f"{mutant}  [listed, but it is seen]")
    print(
        f"{len(chosen)} mutants, {len(chosen) - len(left)} seen, {len(left) - len(unexplained)} unseen with a reason, "
        f"{len(unexplained)} unseen without, {len(noticed)} listed but seen"
    )
    return 1 if unexplained or noticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
