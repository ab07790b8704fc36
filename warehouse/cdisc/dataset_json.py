"""A data set as Dataset-JSON 1.1: one object with the variables and the rows, as CDISC's schema has it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cartwright.warehouse.cdisc.rows import Rows
from cartwright.warehouse.cdisc.standard import Variable
from cartwright.warehouse.cdisc.study import About

VERSION = "1.1.0"
# What a variable is in JSON, and what it is meant as.
_TYPES: Mapping[str, Mapping[str, str]] = {
    "text": {"dataType": "string"},
    "datetime": {"dataType": "string"},  # ISO 8601, often in part
    "integer": {"dataType": "integer"},
    "float": {"dataType": "double"},
    "date": {"dataType": "date", "targetDataType": "integer", "displayFormat": "DATE9."},
}


def dataset_json(about: About, rows: Rows) -> bytes:
    """The file. Its times are those of the release, so that equal content gives equal files."""
    data_set = rows.shaped.about
    content: dict[str, Any] = {
        "datasetJSONCreationDateTime": about.as_of,
        "datasetJSONVersion": VERSION,
        "fileOID": f"{about.study_oid}.{about.release_id}.{data_set.name}",
        "dbLastModifiedDateTime": about.as_of,
        "originator": about.originator,
        "sourceSystem": {"name": "cartwright", "version": about.version},
        "studyOID": about.study_oid,
        "metaDataVersionOID": about.version_oid(data_set.standard),
        "metaDataRef": "define.xml",
        "itemGroupOID": group_oid(data_set.name),
        "records": len(rows.values),
        "name": data_set.name,
        "label": data_set.label,
        "columns": [_column(data_set.name, v, rows.lengths) for v in rows.variables],
        "rows": rows.values,
    }
    return (json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str) + "\n").encode()


def group_oid(data_set: str) -> str:
    """The OID of a data set, the same in define.xml."""
    return f"IG.{data_set}"


def item_oid(data_set: str, variable: str) -> str:
    """The OID of a variable, the same in define.xml."""
    return f"IT.{data_set}.{variable}"


def _column(data_set: str, variable: Variable, lengths: Mapping[str, int]) -> dict[str, Any]:
    column: dict[str, Any] = {
        "itemOID": item_oid(data_set, variable.name),
        "name": variable.name,
        "label": variable.label,
        **_TYPES[variable.type],
    }
    if variable.name in lengths:
        column["length"] = lengths[variable.name]
    if variable.key_no:
        column["keySequence"] = variable.key_no
    return column
