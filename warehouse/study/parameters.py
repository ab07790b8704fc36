"""Which parameters of a study somebody reads: the models, the limits of the protocol, the comparison with the print.

A parameter that the models read and a study lacks would be a limit that is not there; one that nobody reads would be
changed in the belief that it does something. Both stop the load.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from cartwright.warehouse.names import nearest
from cartwright.warehouse.study.definition import Protocol
from cartwright.warehouse.study.own_sql import sql_folder
from cartwright.warehouse.yaml_file import texts

MODELS = Path(__file__).parents[2] / "sql" / "models"
_CALL = re.compile(r"study_parameter\(\s*'(\w+)'(?:\s*,\s*'(\w+)')?\s*\)")
_WANTED: dict[str, tuple[type | tuple[type, ...], str]] = {
    "num": ((int, float), "a number"),
    "date": (dt.date, "a date"),
    "txt": (str, "a text"),
}


@cache
def read_by_models(study_dir: Path) -> dict[str, tuple[str, str]]:
    """Parameter -> (num, date or txt; the first model that reads it): the calls of the macro study_parameter.

    Models of every study come before the study's own.
    """
    found: dict[str, tuple[str, str]] = {}
    for path in [*sorted(MODELS.rglob("*.sql")), *sorted(sql_folder(study_dir).rglob("*.sql"))]:
        for name, kind in _CALL.findall(path.read_text(encoding="utf-8")):
            found.setdefault(name, (kind or "num", path.stem))
    return found


def missing_parameters(protocol: Protocol, study_dir: Path) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Parameters that a model reads and the protocol lacks, or declares as something else: place, what, remedy."""
    read = read_by_models(study_dir)
    for name, (kind, model) in read.items():
        declared = protocol.parameters.get(name)
        if declared is None:
            near = nearest(name, protocol.parameters.keys() - read.keys())
            remedy = f'declare it, or rename "{near}" if that is meant' if near else "declare it"
            yield ("parameters",), f'the parameter "{name}" is missing, and the model {model} reads it', remedy
            continue
        types, wanted = _WANTED[kind]
        if isinstance(declared.value, bool) or not isinstance(declared.value, types):
            what = f"{declared.value!r} is not {wanted}, as the model {model} reads it"
            yield ("parameters", name, "value"), what, f"give {wanted}"


def unread_parameters(
    protocol: Protocol, data: dict[str, Any], study_dir: Path, claims: dict[str, list[dict[str, str]]]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Parameters that no model, no limit of the protocol and no printed figure reads: place, what, remedy.

    data: the protocol as it stands in its file; any text of it may name a parameter.
    """
    said = {name: part for name, part in data.items() if name != "parameters"}
    read = set(read_by_models(study_dir)) | set(texts(said))
    read |= {row["definition"].removeprefix("parameters.") for row in claims.get("claim_map", [])}
    for name in protocol.parameters:
        if name not in read:
            near = nearest(name, set(read_by_models(study_dir)) - protocol.parameters.keys())
            remedy = f'remove it, or call it "{near}"' if near else "remove it, or name it as a limit"
            yield ("parameters", name), f'nothing reads the parameter "{name}"', remedy
