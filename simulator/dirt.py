"""Stage 3: how the records of a chart really reach the warehouse.

File feeds: preliminary versions, corrections, cancellations, late, repeated and misordered deliveries, the same content
under two numbers, records nobody can link or read. EHR: rows that change, are withdrawn or physically deleted. None of
it changes who is included, or whether somebody progressed or died; partial dates do move dates.
"""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

from cartwright.simulator.chart import Chart, Record
from cartwright.simulator.days import DATA_CUT, GO_LIVE, NIGHTS, iso, stamp
from cartwright.simulator.tables import TABLES

LAST_NIGHT = GO_LIVE + NIGHTS
_NIGHT_MINUTE = 22 * 60  # what is known later in the evening goes into the next day's delivery
_NO_VERSIONS = frozenset({"patient_link", "patient", "death", "clinical_progression"})


class Sent(NamedTuple):
    """A row of a file feed as delivered on a night. `readable` is false for rows that ingestion must reject."""

    table: str
    night: int
    row: dict[str, Any]
    readable: bool = True


class Change(NamedTuple):
    """State of an EHR row from `minute` on (since day 0); a deletion has no row."""

    table: str
    key: str
    minute: int
    row: dict[str, Any] | None


class Delivered(NamedTuple):
    """Everything about one patient that leaves the hospital, until the last night."""

    sent: list[Sent]
    changes: list[Change]


def night_of(known: int) -> int:
    """The delivery that brings what was known at a minute; everything before go-live comes in the first one."""
    day, minute = divmod(known, 1440)
    return max(day + (minute >= _NIGHT_MINUTE), GO_LIVE)


def deliver(chart: Chart, seed: int) -> Delivered:
    """Chart -> deliveries. The same chart and seed give the same deliveries."""
    mess = _Mess(chart, Random(f"dirt:{seed}:{chart.prefix}{chart.number}"))
    mess.rows(chart.records)
    mess.strays()
    mess.rng = Random(f"dirt of the supplement:{seed}:{chart.prefix}{chart.number}")
    mess.rows(chart.supplement)
    sent = [item for item in mess.sent if item.night <= LAST_NIGHT]
    return Delivered(sent, [change for change in mess.changes if change.minute <= LAST_NIGHT * 1440 + 1380])


class _Mess:
    def __init__(self, chart: Chart, rng: Random) -> None:
        self.chart, self.rng = chart, rng
        self.sent: list[Sent] = []
        self.changes: list[Change] = []
        self.second_lis_no = f"{chart.prefix}L9{chart.number:06d}" if rng.random() < 0.04 else None
        if self.second_lis_no:
            chart.records.append(self._second_link())

    def _second_link(self) -> Record:
        """A second registration in the laboratory, known to the patient index."""
        link = next(r for r in self.chart.records if r.table == "patient_link" and r.row["system_code"] == "lis")
        row = {**link.row, "link_id": self.chart.next_key("patient_link"), "local_patient_no": self.second_lis_no}
        return Record("patient_link", row, link.day, link.known)

    def rows(self, records: list[Record]) -> None:
        for record in records:
            if TABLES[record.table].feed == "ehr":
                self.ehr_row(record)
            else:
                self.file_row(record)

    # --- file feeds -------------------------------------------------------------------------------------------------

    def file_row(self, record: Record) -> None:
        """One record as one or two versions, and now and then a copy."""
        rng, table = self.rng, record.table
        row = record.row
        if self.second_lis_no and table == "lab_result" and rng.random() < 0.4:
            row["lis_patient_no"] = self.second_lis_no
        fate = rng.random()
        final = "final"
        if fate < 0.07:
            self._send(table, record.known - 50, row, 1, "preliminary", **self._draft(table, row))
            version = 2
        elif fate < 0.09:
            self._send(table, record.known, row, 1, "final", **self._draft(table, row))
            version, final = 2, "addendum" if table == "imaging_report" else "corrected"
            record.known = max(record.known, min(record.known + rng.randrange(1, 12) * 1440, LAST_NIGHT * 1440 - 300))
        else:
            version = 1
        night = self._send(table, record.known, row, version, final)
        if rng.random() < 0.004:  # the whole row again, on a later night
            self._send(table, record.known, row, version, final, night=night + rng.randrange(1, 9))
        if rng.random() < 0.002:  # the same content under a second number
            copy = {**row, TABLES[table].key: self.chart.next_key(table)}
            self._send(table, record.known, copy, version, final, night=night)

    def _send(
        self,
        table: str,
        known: int,
        row: dict[str, Any],
        version: int,
        status: str,
        *,
        night: int | None = None,
        **other: Any,
    ) -> int:
        """One version of a row on its night, now and then late. Returns the night."""
        if night is None:
            night = night_of(known)
            recent = known > (GO_LIVE - 60) * 1440
            if recent and self.rng.random() < 0.03:
                night += self.rng.randrange(1, 10)
        self.sent.append(Sent(table, night, {**row, "version_no": version, TABLES[table].status: status, **other}))
        return night

    def _draft(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        """What an earlier version said differently."""
        if table == "imaging_report":
            return {"is_evaluable": False, "deauville_code": None, "target_lesions": [], "new_lesions": []}
        if table == "lab_result":
            return {"value_text": "hemolyzed" if self.rng.random() < 0.3 else row["value_text"] + "1"}
        if table == "flow_cytometry":
            return {"value_text": None}
        if table == "ihc":
            return {"positive_percent": None}
        return {}

    # --- EHR --------------------------------------------------------------------------------------------------------

    def ehr_row(self, record: Record) -> None:
        """One row, sometimes first written otherwise; dates from elsewhere lose their day."""
        rng, table, row = self.rng, record.table, record.row
        row["row_status"] = "active"
        self._lose_days(record)
        key, minute = row[TABLES[table].key], record.known
        if table not in _NO_VERSIONS and rng.random() < 0.02:
            self._change(table, key, minute, {**row, **self._first_entry(table, row)})
            minute += rng.randrange(1, 30) * 1440
            if minute > LAST_NIGHT * 1440:
                minute = record.known + 1
        self._change(table, key, minute, row)
        # A line known by its month cannot be told from a second one: only a dated one is entered twice.
        is_dated = "start_date" not in row or len(row["start_date"]) == 10
        if table in ("contact", "therapy_line") and rng.random() < 0.003 and is_dated:
            copy = {**row, TABLES[table].key: self.chart.next_key(table)}
            self._change(table, copy[TABLES[table].key], minute, copy)

    def _change(self, table: str, key: str, minute: int, row: dict[str, Any] | None) -> None:
        if row is not None:
            row = {**row, "updated_at": f"{stamp(minute // 1440, minute % 1440)}:00"}
        self.changes.append(Change(table, key, minute, row))

    def _first_entry(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        if "end_date" in row:
            return {"end_date": None}
        if table == "performance_status":
            return {"ecog_grade": (row["ecog_grade"] + 1) % 5}
        if table == "cart_order":
            return {"order_status": "open"}
        return {}

    def _lose_days(self, record: Record) -> None:
        rng, plan, row = self.rng, self.chart.plan, record.row
        infused = plan["cd19_first_infusion_date"] or plan["cd19_infusion_date"] or 10**9
        if record.table == "diagnosis" and rng.random() < 0.3:
            row["diagnosed_date"] = row["diagnosed_date"][: rng.choice((4, 7))]
        elif record.table == "therapy_line" and row["intent_code"] == "treatment" and record.day < infused - 70:
            if rng.random() < 0.12:
                row["start_date"] = row["start_date"][: rng.choice((4, 7, 7))]
        elif record.table == "death" and self.chart.end < record.day == plan["death_date"]:
            row["death_date"] = row["death_date"][: 4 if rng.random() < 0.15 else 7]
        elif record.table == "clinical_progression" and record.day == plan["pd_date"]:
            vague = plan["best_response_code"] == "SD" and self._alone_in_month(record) and rng.random() < 0.3
            vague = vague and not plan["is_fully_dated"]
            row["progressed_date"] = row["progressed_date"][: 7 if vague else 10]

    def _alone_in_month(self, record: Record) -> bool:
        """No scan in the month of a record, and a known day of death: nothing there to say which day it was."""
        chart, month = self.chart, iso(record.day)[:7]
        scans = {iso(r.day)[:7] for r in chart.records if r.table == "imaging_report"}
        return chart.end == chart.plan["last_contact_date"] and month not in scans

    # --- records that must not count --------------------------------------------------------------------------------

    def strays(self) -> None:
        """Cancelled, never finalised, unlinked and unreadable file rows; withdrawn and deleted EHR rows."""
        rng, chart = self.rng, self.chart
        labs = [r for r in chart.records if r.table == "lab_result"]
        scans = [r for r in chart.records if r.table == "imaging_report" and r.row["is_evaluable"]]
        if labs and rng.random() < 0.3:
            self._cancelled(rng.choice(labs), {"value_text": "9999"})
        if scans and rng.random() < 0.08:
            self._cancelled(rng.choice(scans), {"deauville_code": "5", "uptake_change_code": "increased"}, apart=21)
        if labs and rng.random() < 0.1:
            record = self._copy(rng.choice(labs), {"value_text": "1"})
            self._send("lab_result", record.known, record.row, 1, "preliminary")
        if labs and rng.random() < 0.1:
            record = self._copy(rng.choice(labs), {"value_text": "hemolyzed"})
            self._send("lab_result", record.known, record.row, 1, "final")
        if labs and rng.random() < 0.015:
            record = self._copy(rng.choice(labs), {"lis_patient_no": f"{chart.prefix}L8{chart.number:06d}"})
            self._send("lab_result", record.known, record.row, 1, "final")
        self._unreadable(labs, scans)
        self._withdrawn()

    def _copy(self, record: Record, fields: dict[str, Any]) -> Record:
        row = {**record.row, TABLES[record.table].key: self.chart.next_key(record.table), **fields}
        return Record(record.table, row, record.day, record.known)

    def _cancelled(self, like: Record, fields: dict[str, Any], apart: int = 0) -> None:
        """A record of another patient, or a spoilt one, that was reported and later taken back."""
        record = self._copy(like, fields)
        if apart:
            record.row["performed_at"] = f"{iso(like.day + apart)}{record.row['performed_at'][10:]}"
        self._send(record.table, record.known, record.row, 1, "final")
        taken_back = record.known + self.rng.randrange(2, 40) * 60
        if night_of(taken_back) > LAST_NIGHT - 12:
            taken_back = record.known
        self._send(record.table, taken_back, record.row, 2, "cancelled", night=night_of(taken_back))

    def _unreadable(self, labs: list[Record], scans: list[Record]) -> None:
        """Rows that break the contract: a word for a number, an impossible date, a code outside its list, a gap."""
        rng = self.rng
        faults: tuple[dict[str, Any], ...] = (
            {"reference_low": "n/a"},
            {"collected_at": "2021-02-30 08:00"},
            {"result_status": "done"},
            {"local_code": None},
        )
        if labs and rng.random() < 0.02:
            record = self._copy(rng.choice(labs), {"version_no": 1, "result_status": "final", **rng.choice(faults)})
            self.sent.append(Sent("lab_result", night_of(record.known), record.row, readable=False))
        if scans and rng.random() < 0.01:
            fields = {"version_no": 1, "report_status": "final", "performed_at": "2021-02-30 08:00"}
            record = self._copy(rng.choice(scans), fields)
            self.sent.append(Sent("imaging_report", night_of(record.known), record.row, readable=False))

    def _withdrawn(self) -> None:
        rng, chart = self.rng, self.chart
        mrn, day = chart.local_no["ehr"], chart.end
        if rng.random() < 0.05:  # entered for the wrong patient: after the last contact, so it would matter
            late = min(day + 9, DATA_CUT)
            row = {"mrn": mrn, "contact_date": iso(late), "contact_code": "visit"}
            self._mistake("contact", late, row, deleted=rng.random() < 0.5)
        if chart.plan["death_date"] is None and rng.random() < 0.03:
            row = {"mrn": mrn, "death_date": iso(day), "cause_code": "unknown"}
            self._mistake("death", day, row, deleted=rng.random() < 0.5)
        if rng.random() < 0.02:
            row = {"mrn": mrn, "progressed_date": iso(day - 40)}
            self._mistake("clinical_progression", day - 40, row, deleted=rng.random() < 0.5)

    def _mistake(self, table: str, day: int, row: dict[str, Any], *, deleted: bool) -> None:
        """A row written in error, then withdrawn, or deleted in one of the nights after go-live."""
        key = self.chart.next_key(table)
        row = {TABLES[table].key: key, **row, "row_status": "active"}
        written = day * 1440 + 700
        self._change(table, key, written, row)
        if deleted:
            after = max(written + 1440, (GO_LIVE + self.rng.randrange(2, 20)) * 1440 + 600)
            self._change(table, key, min(after, LAST_NIGHT * 1440), None)
        else:
            self._change(table, key, written + 2880, {**row, "row_status": "withdrawn"})
