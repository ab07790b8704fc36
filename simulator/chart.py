"""One patient's chart while it is being written: numbers in the three systems, and records in the order they arise.

A record is one final version of one row. How and when it reaches the warehouse is decided later (dirt.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from cartwright.simulator.days import iso, stamp
from cartwright.simulator.tables import TABLES
from cartwright.simulator.vocabulary import DRUG_DOSE, REGIMENS, TABLETS

_LETTER = {"lis": "L", "ris": "R", "ehr": "M"}
_PATIENT_OFFSET = {"lis": 300_000, "ris": 500_000, "ehr": 100_000}


class Record:
    """A row with the day and the minute (since day 0) at which it became known."""

    __slots__ = ("day", "known", "row", "table")

    def __init__(self, table: str, row: dict[str, Any], day: int, known: int) -> None:
        self.table, self.row, self.day, self.known = table, row, day, known


class Chart:
    """Collects a patient's records; nothing is recorded after `end`, the last day anybody saw the patient.

    `supplement` holds what was written after `turn_page`, with random numbers of its own, so that the records before it
    and their way to the warehouse do not depend on it.
    """

    def __init__(self, plan: dict[str, Any], number: int, prefix: str, rng: Random) -> None:
        self.plan, self.rng, self.prefix, self.number = plan, rng, prefix, number
        self.records: list[Record] = []
        self.supplement: list[Record] = []
        self._page = self.records
        self.end: int = plan["last_contact_date"]
        self.enterprise_no = f"{prefix}E{number:07d}"
        self.local_no = {feed: self._local(feed, number) for feed in _LETTER}
        self._count = 0

    def _local(self, feed: str, number: int) -> str:
        return f"{self.prefix}{_LETTER[feed]}{_PATIENT_OFFSET[feed] + number * 7 % 99_991 + number // 99_991 * 10**6}"

    def next_key(self, table: str) -> str:
        """A new key of a table; unique over patients and sites."""
        self._count += 1
        return f"{self.prefix}{table[:2].upper()}{self.number:06d}{self._count:05d}"

    def add(self, table: str, day: int, *, minute: int | None = None, delay: int = 600, **row: Any) -> str | None:
        """Record a row seen on `day` at `minute`, known `delay` minutes later. Returns its key; None after the end."""
        if day > self.end:
            return None
        spec = TABLES[table]
        key = row.setdefault(spec.key, self.next_key(table))
        if spec.patient:
            row[spec.patient] = self.local_no[spec.feed]
        minute = self.rng.randrange(420, 1080) if minute is None else minute
        known = day * 1440 + minute + delay
        if spec.feed == "lis":
            row["collected_at"], row["resulted_at"] = stamp(day, minute), stamp(day, minute + delay)
        elif spec.feed == "ris":
            row["performed_at"], row["reported_at"] = stamp(day, minute), stamp(day, minute + delay)
        self._page.append(Record(table, row, day, known))
        return key

    def turn_page(self, rng: Random) -> None:
        """From now on records go into the supplement and draws come from `rng`."""
        self._page, self.rng = self.supplement, rng

    def contact(self, day: int, code: str = "visit") -> None:
        self.add("contact", day, contact_date=iso(day), contact_code=code)

    def dose(self, day: int, drug: str, line_id: str | None, indication: str, last: int | None = None) -> None:
        """One given dose, or one dispensed course until `last`."""
        value, unit = DRUG_DOSE[drug]
        self.add(
            "drug_administration",
            day,
            line_id=line_id,
            drug_code=drug,
            dose_value=value,
            dose_unit=unit,
            indication_code=indication,
            administration_status="given",
            start_date=iso(day),
            end_date=iso(min(last, self.end)) if last is not None else iso(day),
        )

    def line(
        self,
        intent: str,
        name: str,
        start: int,
        cycles: int,
        *,
        interval: int = 21,
        until: int | None = None,
        drugs: Iterable[str] | None = None,
        indication: str = "lymphoma",
    ) -> None:
        """A line of therapy whose drugs all start on its first day; cycles end before `until`."""
        if start > self.end:
            return
        stop = min(self.end, start + cycles * interval - 1, self.end if until is None else until)
        days = [start + interval * i for i in range(cycles) if i == 0 or start + interval * i <= stop]
        line_id = self.next_key("therapy_line")
        self.add(
            "therapy_line",
            start,
            line_id=line_id,
            intent_code=intent,
            regimen_name=name,
            cycles_count=cycles if until is None else len(days),
            start_date=iso(start),
            end_date=iso(max(stop, start)),
        )
        for drug in REGIMENS[name] if drugs is None else drugs:
            for day in days:
                self.dose(day, drug, line_id, indication, min(day + interval - 1, stop) if drug in TABLETS else None)
