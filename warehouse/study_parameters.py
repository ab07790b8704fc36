"""Which parameters of a study somebody reads: the models, the limits of the protocol, the comparison with the print.

A parameter that the models read and a study lacks would be a limit that is not there; one that nobody reads would be
changed in the belief that it does something. Both stop the load.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from .study_definition import Protocol
from .study_sql import sql_folder

MODELS = Path(__file__).parents[1] / "sql" / "models"
_CALL = re.compile(r"study_parameter\(\s*'(\w+)'(?:\s*,\s*'(\w+)')?\s*\)")
_WANTED = {"num": ((int, float), "a number"), "date": (dt.date, "a date"), "txt": (str, "a text")}


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
            near = difflib.get_close_matches(name, protocol.parameters.keys() - read.keys(), n=3)
            remedy = f"declare {name}" + (f", or rename {' or '.join(near)} if that is meant" if near else "")
            yield ("parameters",), f"parameter {name!r} is missing, and the model {model} reads it", remedy
            continue
        types, wanted = _WANTED[kind]
        if isinstance(declared.value, bool) or not isinstance(declared.value, types):
            what = f"{declared.value!r} is not {wanted}, as the model {model} reads it"
            yield ("parameters", name, "value"), what, f"give {wanted}"


def unread_parameters(
    protocol: Protocol, study_dir: Path, claims: dict[str, list[dict[str, str]]]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Parameters that no model, no limit of the protocol and no printed figure reads: place, what, remedy."""
    read = set(read_by_models(study_dir)) | set(_limits(protocol))
    read |= {row["definition"].removeprefix("parameters.") for row in claims.get("claim_map", [])}
    for name in protocol.parameters:
        if name not in read:
            near = difflib.get_close_matches(name, read - protocol.parameters.keys(), n=3)
            remedy = "remove it" + (f", or call it {' or '.join(near)}" if near else ", or name it as a limit")
            yield ("parameters", name), f"nothing reads the parameter {name!r}", remedy


def _limits(part: Any) -> Iterator[str]:
    """Every text in the protocol that can name a parameter (a superset: other texts are never names of parameters)."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            if name != "parameters":
                yield from _limits(getattr(part, name))
    elif isinstance(part, list):
        for item in part:
            yield from _limits(item)
