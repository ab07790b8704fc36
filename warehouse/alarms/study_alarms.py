"""What a release tells: codes that were understood by none, new since the release before, and warnings that stand."""

from __future__ import annotations

from collections import Counter

from cartwright.warehouse import connect
from cartwright.warehouse.alarms.alarm import Alarm
from cartwright.warehouse.quality import not_understood as finding_list
from cartwright.warehouse.release.releases import list_releases
from cartwright.warehouse.study.place import StudyPlace

_NOT_UNDERSTOOD = ("unknown_code", "unknown_unit", "unreadable_value")


def new_codes(place: StudyPlace, release_id: str) -> list[Alarm]:
    """Codes, units and texts that nothing maps and that the release before did not have: counts by table and column.

    Of the first release of a study none is new.
    """
    ids = [release.release_id for release in list_releases(place)]
    before = ids[: ids.index(release_id)] if release_id in ids else []
    if not before:
        return []
    appeared, _ = finding_list.changed(place, before[-1], release_id)
    kinds: Counter[str] = Counter()
    records: Counter[str] = Counter()
    for finding in appeared:
        if finding.kind_code in _NOT_UNDERSTOOD:
            where = f"{finding.table_name}.{finding.column_name}: {finding.kind_code.replace('_', ' ')}"
            kinds[where] += 1
            records[where] += finding.record_count
    return [
        Alarm("codes_new", f"{where}: {count} new, {records[where]} records", f"{release_id} {where}", place.study_id)
        for where, count in sorted(kinds.items())
    ]


def warnings(place: StudyPlace) -> list[Alarm]:
    """Checks that failed in the current release without blocking it."""
    if not place.current_db.exists():
        return []
    with connect.open_release(place.current_db) as con:
        rows = con.execute(
            "SELECT check_id, table_name, sum(failing_count)::BIGINT FROM quality.check_result "
            "WHERE outcome IN ('failed', 'error') GROUP BY ALL ORDER BY ALL"
        ).fetchall()
    return [
        Alarm("warnings", f"{check_id} on {table}: {count:,}", study_id=place.study_id)
        for check_id, table, count in rows
    ]
