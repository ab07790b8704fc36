"""What tonight changed: a release beside the one before it, records counted, changes by what a reader asks for."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import isclose
from pathlib import Path

import duckdb

from cartwright.warehouse.not_found import UnknownName
from cartwright.warehouse.release.diff import Change, compare, gone
from cartwright.warehouse.release.releases import list_releases
from cartwright.warehouse.study.place import StudyPlace

# What a reader asks for -> kinds of change of the comparison; whatever is left is `other values`.
ASKED = {
    "subjects": ("inclusion", "criterion"),
    "endpoints": ("endpoint",),
    "baseline values": ("item", "patient"),
    "results": ("statistic",),
}
OTHERS = "other values"
_COUNTS = ("records", "loaded", "rejected", "duplicates")


@dataclass(frozen=True)
class Since:
    """From release `old` to `new`. records: by table what came beyond the earlier ones.
    changes: by what a reader asks for, in the order of the comparison."""

    old: str
    old_built_at: str
    new: str
    records: dict[str, dict[str, int]]
    changes: dict[str, list[Change]]

    def counted(self) -> dict[str, int]:
        """How many subjects, endpoints, baseline values and results changed: each once, whatever moved in it."""
        return {
            asked: len({c.who if asked == "subjects" else (c.about, c.who, c.item) for c in found})
            for asked, found in self.changes.items()
            if found
        }


def since(old: Path, new: Path) -> Since:
    """What the release in folder `new` has otherwise than the one in `old`, without values of persons who left the
    study. Raises UnknownName for two studies."""
    before, after = (json.loads((folder / "manifest.json").read_text(encoding="utf-8")) for folder in (old, new))
    records = {
        table: more
        for table, counts in after["inputs"].items()
        if any((more := _more(counts, before["inputs"].get(table, {}))).values())
    }
    kind_of = {about: asked for asked, kinds in ASKED.items() for about in kinds}
    changes: dict[str, list[Change]] = {asked: [] for asked in (*ASKED, OTHERS)}
    found = [change for change in compare(old, new) if not _is_rounding(change)]
    found = _without_values_of(gone(old, new), found) if found else found
    items = {(change.who, change.item) for change in found if change.about == "item"}
    for change in found:
        if change.about != "patient" or (change.who, change.item) not in items:  # a column of an item says it again
            changes[kind_of.get(change.about, OTHERS)].append(change)
    return Since(before["release_id"], before["built_at"], after["release_id"], records, changes)


def _without_values_of(leavers: Collection[str], found: Sequence[Change]) -> list[Change]:
    """One change for whoever is not in the study any more, with the records that did it: the later release has nothing
    of them, and neither has what is said of it."""
    why: dict[str, list[str]] = {who: [] for who in sorted(leavers)}
    for change in found:
        if change.who in why and change.about in ASKED["subjects"]:
            why[change.who] += change.records
    left = [
        Change("inclusion", who, "screened", "removed", "screened", "yes", None, tuple(dict.fromkeys(records)))
        for who, records in why.items()
    ]
    return [*left, *(change for change in found if change.who not in why)]


def analyses(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, bool]]:
    """(analysis, its words, whether the answer rests on it) of a study, those of the answer first as the plan has them.

    con: the file of the study.
    """
    return con.execute("""
        SELECT analysis_id, output.title || ': ' || analysis.title,
            output.answer IS NOT NULL AND coalesce(options ->> '$.headline', '') = 'true'
        FROM study.analysis INNER JOIN study.output USING (output_id)
        ORDER BY output.answer, analysis.seq""").fetchall()


def _is_rounding(change: Change) -> bool:
    """Whether a statistic differs by what the order of a sum leaves, and by nothing else."""
    if change.about != "statistic" or change.column not in ("value", "ci_low", "ci_high"):
        return False
    return None not in (change.old, change.new) and isclose(
        float(change.old or 0), float(change.new or 0), rel_tol=1e-9
    )


def _more(counts: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {name: counts[name] - before.get(name, 0) for name in _COUNTS}


def totals(found: Since) -> dict[str, int]:
    """The records of all tables together."""
    counted: Counter[str] = Counter()
    for more in found.records.values():
        counted.update(more)
    return {name: counted[name] for name in _COUNTS}


class NoneBefore(UnknownName):
    """The current release is the first."""


def before(place: StudyPlace, release_id: str | None = None) -> tuple[Path, Path]:
    """Folders of the release before (or of `release_id`) and of the current one. Raises UnknownName without one,
    NoneBefore where the current one is the first."""
    releases = list_releases(place)
    current = next((number for number, release in enumerate(releases) if release.is_current), None)
    if current is None:
        raise UnknownName(f"study {place.study_id} has no release yet; run: cartwright refresh")
    if release_id is not None:
        earlier = [release for release in releases if release.release_id == release_id]
    else:
        earlier = releases[max(current - 1, 0) : current]
    if not earlier and release_id is None:
        raise NoneBefore(f"study {place.study_id}: there is no release before this one yet")
    if not earlier:
        known = ", ".join(release.release_id for release in releases)
        raise UnknownName(f"study {place.study_id}: no release {release_id}; there are {known}")
    return earlier[0].path, releases[current].path
