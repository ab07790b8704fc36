"""A small hospital folder to begin with: every file with its columns, and in comments what a row looks like."""

from __future__ import annotations

import json
from pathlib import Path

from cartwright.warehouse.hospital.tables import TABLES
from cartwright.warehouse.not_found import UnknownName

_LAYOUT = """\
# What is this hospital's alone. What is not said here is as docs/feeds.md says; docs/hospitals.md explains each part.
hospital: {name} # short name
title: {name} # as it stands on a page
zone: UTC # IANA name of the zone of the hospital's clocks and calendar dates, e.g. Europe/Berlin

# How its feeds are named, where they are not named as docs/feeds.md says:
# feeds:
#   lis_lab_result:
#     files: "LAB_*.csv"                # names of files; or `name: labor` for labor_<YYYYMMDD>...
#     columns: {{result_no: ID, value_text: RESULT}}   # column of the contract: column of the file
#     constants: {{version_no: 1}}        # no such column: this stands in every record
#   ehr_contact:
#     name: visits                      # table of the database of the EHR
feeds: {{}}
"""
_ROWS = {
    "code_map": "ehr_patient,sex_code,1,M",
    "code_list": "gene,NOTCH3",
    "lab_test": "LEUKO,WBC,",
    "lab_loinc": "6690-2,WBC,m-3",
    "quantity": "B2M,mg/L,kg.m-3,0.001,,,false",
    "drug_class": "new_antibody,antibody,true",
    "plausible_limit": "ehr_vital_sign,temperature_cel,,Cel,28,44,,unknown,Our thermometers reach no further",
    "value_word": "nicht messbar",
    "unit": "Mio/µL,10*6/uL",
}


def write_example(folder: Path) -> None:
    """Write the folder. Raises UnknownName when it exists: nothing of a hospital is written over."""
    if folder.exists():
        raise UnknownName(f"{folder} exists; give a folder that does not")
    folder.mkdir(parents=True)
    name = json.dumps(folder.name, ensure_ascii=False)  # a name like 2024 or yes would be no text to YAML
    (folder / "hospital.yml").write_text(_LAYOUT.format(name=name), encoding="utf-8")
    for table, made in TABLES.items():
        text = f"{','.join(made.names)}\n# {made.description} Example of a row:\n# {_ROWS[table]}\n"
        (folder / f"{table}.csv").write_text(text, encoding="utf-8")
