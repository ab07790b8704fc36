"""Where a record that decided stands, and the lesion of it that did, under the label that the report gave it."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from cartwright.warehouse.hospital.definition import load_hospital
from cartwright.warehouse.intake.contracts import load_contracts
from cartwright.warehouse.release.trace import opened
from cartwright.warehouse.release.trail import EVIDENCE, Trail, _shown
from cartwright.warehouse.settings import CHECKOUT
from test_exports import VISIT
from tiny_hospital import SOUND, Hospital


def places(hospital: Hospital, tmp_path: Path, table: str, contracts: dict) -> list[str | None]:
    """Where each raw record of a table stands, as a trail tells it."""
    ids = [name for (name,) in hospital.rows(f"SELECT record_id FROM raw.{table}")]
    hospital.con.close()
    release = tmp_path / "release.duckdb"
    duckdb.connect(str(release)).close()
    named = f"SELECT 'P' AS usubjid, 'adam.adsl' AS table_name, 'x' AS item, unnest({ids}) AS record_id"
    with opened(release, hospital.settings.build_db) as con:
        trail = Trail(con, [f"SELECT {EVIDENCE} FROM ({named}, NULL AS part, 'event' AS role, NULL AS note)"])
        return [each.source for each in trail.located(contracts=contracts)]


def test_a_record_of_a_file_is_found_by_its_line_whatever_the_standard_source_of_its_table(
    hospital: Hospital, tmp_path: Path
) -> None:
    hospital.settings.hospital = CHECKOUT / "hospitals" / "demonstration_fhir"
    path = hospital.settings.feeds / "fhir" / "2022-01-03" / "Encounter.ndjson"
    path.parent.mkdir(parents=True)
    path.write_text("{}\n" + json.dumps(VISIT) + "\n", encoding="utf-8")
    assert hospital.night("ehr_contact").loaded == 1
    contracts = load_hospital(hospital.settings.hospital).contracts()
    ((file,),) = hospital.rows("SELECT file_name FROM quality.delivery_ledger WHERE loaded_count = 1")
    assert places(hospital, tmp_path, "ehr_contact", contracts) == [f"fhir/{file}, line 2"]


def test_a_row_of_a_database_is_found_by_its_version(hospital: Hospital, tmp_path: Path) -> None:
    hospital.ehr("ehr_contact", SOUND["ehr_contact"])
    assert hospital.night("ehr_contact").loaded == 1
    (found,) = places(hospital, tmp_path, "ehr_contact", load_contracts())
    assert found == "EHR table contact, version of 2022-01-01 10:00:00"


def test_a_label_is_matched_without_regard_to_case_and_blanks() -> None:
    report = {"target_lesions": [{"lesion_code": "t 1", "ldi_mm": 30}, {"lesion_code": "T2", "ldi_mm": 20}]}
    assert _shown(report, "T1")["ldi_mm"] == "30"
