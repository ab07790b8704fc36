"""A hospital that writes who its patient is into every text it sends: numbers, labels, units, codes, names of files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cartwright.warehouse.intake.contracts import Column, Contract, load_codes, load_contracts
from cartwright.warehouse.study.build_file import open_study
from case_hospital import DAY, Case, CaseHospital, load_cases, patient

NAME = "Canary Jane Doe"
LEAK = f"M-LEAK {NAME}"
_OF_TYPE = {
    **dict.fromkeys(("date", "partial_date"), "2020-07-02"),
    "timestamp": "2020-07-02 08:00:00",
    "text": "x",
    "integer": 1,
    "decimal": 1.0,
    "boolean": True,
    "list": [],
}
CANARIES = ("M-LEAK", "R-LEAK", "L-LEAK", "E-LEAK", "Canary", "1943-07-19")


class LeakyHospital(CaseHospital):
    """The patient `LEAK` beside an ordinary one; the stains come in a file named after her."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, [*load_cases("T04"), leaky_patient()])
        self.con.close()
        self.con = open_study(self.settings, self.place, may_name=True)

    def _file(self, contract: Contract, rows: list[dict[str, Any]]) -> None:
        super()._file(contract, rows)
        folder = self.settings.feeds / contract.feed / DAY
        if contract.table == "lis_ihc":
            (folder / "ihc_20221201.csv").rename(folder / "ihc_20221201_M-LEAK.csv")
            (folder / "M-LEAK Canary Jane Doe.csv").write_text(LEAK)


def leaky_patient() -> Case:
    """The base patient, and for every text column of every feed table a record more with her name and number in it."""
    rows = patient("LEAK", {}, {})
    rows["ehr_patient"][0] |= {"full_name": NAME, "birth_date": "1943-07-19"}
    for table, contract in load_contracts().items():
        if table not in ("ehr_patient", "ehr_patient_link", "ehr_cart_product"):
            rows[table] = [*rows[table], *_with_leaks(contract, _example(contract))]
    return Case("LEAK", "", rows, [])


def _example(contract: Contract) -> dict[str, Any]:
    """A record of the table as some case has it, made hers; one made up where no case has any."""
    for case in load_cases():
        for row in case.rows[contract.table]:
            return {name: _hers(value, case.case_id) for name, value in row.items()}
    common = {contract.patient, "row_status", "result_status", "report_status", "version_no", "updated_at"}
    made = {column.name: _made_up(column) for column in contract.columns if column.name not in common}
    return patient("LEAK", {}, {contract.table: [made]})[contract.table][-1]


def _made_up(column: Column) -> Any:
    if column.codes:
        return min(load_codes()[column.codes])
    return _OF_TYPE[column.type]


def _hers(value: Any, case_id: str) -> Any:
    if isinstance(value, list):
        return [{name: _hers(part, case_id) for name, part in element.items()} for element in value]
    return value.replace(f"-{case_id}", "-LEAK") if isinstance(value, str) else value


def _with_leaks(contract: Contract, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    key = contract.key[0]
    for column in contract.columns:
        if column.type == "text" and column.name != contract.patient:
            # A number of a record holds the patient's, as many a program makes them; other texts are typed.
            yield row | {key: f"{key}-{column.name}-M-LEAK", column.name: LEAK}
        for field in column.fields:
            if field.type == "text" and row.get(column.name):
                element = row[column.name][0] | {field.name: LEAK}
                yield row | {key: f"{key}-{field.name}-M-LEAK", column.name: [element]}
