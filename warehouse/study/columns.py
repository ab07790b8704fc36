"""What a plan can name of a study: datasets with their columns and codes, as models and protocol declare them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from cartwright.warehouse.study.catalogue_checks import codes_of_item
from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.followup import ALWAYS, DATASETS
from cartwright.warehouse.study.order import subject_columns
from cartwright.warehouse.study.subject import strata

ADAM = Path(__file__).parents[2] / "sql" / "models" / "adam"
_TYPES = {"string": "code", "varchar": "code", "boolean": "flag", "date": "date"}
_OF_RESPONSE = {
    "rspevlfl",
    "best_response_code",
    "is_responder",
    "is_complete_responder",
    "is_responder_itt",
    "is_complete_responder_itt",
    "is_ongoing_response",
}
_SHARED_TEXT = re.compile(r"{% docs (\w+) %}(.*?){% enddocs %}", re.DOTALL)
_SHARED_NAME = re.compile(r"{{ doc\('(\w+)'\) }}")
_FLAGS = frozenset({"true", "false"})


class Columns(NamedTuple):
    """dataset -> column -> number, flag, date or code; (dataset, column) -> its codes, where they are known."""

    types: dict[str, dict[str, str]]
    codes: dict[tuple[str, str], Collection[str]]


def columns_of(study: Study, lists: Mapping[str, Collection[str]]) -> Columns:
    """Of every dataset that the study has. lists: code lists of the hospital by name."""
    types = {name: dict(_described(name).types[name]) for name in (*ALWAYS, *DATASETS)}
    codes = {place: known for name in (*ALWAYS, *DATASETS) for place, known in _described(name).codes.items()}
    protocol = study.protocol
    missing = _OF_RESPONSE if protocol.response is None else set()
    if protocol.response is not None and protocol.response.progression_endpoint is None:
        missing = {"is_ongoing_response"}
    types["adsl"] = {name: held for name, held in types["adsl"].items() if name not in missing}
    for column in subject_columns(protocol):
        types["adsl"][column.name] = _TYPES.get(column.type, "number")
        known = _FLAGS if column.type == "boolean" else codes_of_item(protocol, lists, column.item)
        codes[("adsl", column.name)] = known
    groups = protocol.groups
    codes[("adsl", "group_code")] = set(groups.labels) or {"all"}
    if groups.by == "rules":
        codes[("adsl", "stratum_code")] = strata(groups)
    codes[("adsl", "primary_criterion_id")] = {criterion.criterion_id for criterion in protocol.criteria}
    codes[("adtte", "paramcd")] = {endpoint.paramcd for endpoint in protocol.endpoints}
    codes[("adrv", "paramcd")] = {visit.paramcd for visit in protocol.visits}
    return Columns(types, codes)


@cache
def _described(name: str) -> Columns:
    """A dataset as the file beside its model describes it."""
    columns = _yaml_columns(name)
    types = {column["name"]: _type(column) for column in columns}
    codes: dict[tuple[str, str], Collection[str]]
    codes = {(name, column["name"]): known for column in columns if (known := _accepted(column))}
    codes |= {(name, column): _FLAGS for column, held in types.items() if held == "flag"}
    return Columns({name: types}, codes)


@cache
def described(name: str) -> dict[str, str]:
    """The columns of a dataset that the program gives, with their meaning."""
    shared = dict(_SHARED_TEXT.findall((ADAM.parent / "columns.md").read_text(encoding="utf-8")))
    meanings = {column["name"]: column["description"] for column in _yaml_columns(name)}
    return {column: _SHARED_NAME.sub(lambda found: shared[found[1]], text) for column, text in meanings.items()}


def parameters_of(name: str) -> list[str]:
    """The parameters of a dataset, where they are the same in every study."""
    return sorted(_described(name).codes.get((name, "paramcd"), ()))


def _yaml_columns(name: str) -> list[dict[str, Any]]:
    described = yaml.load((ADAM / f"{name}.yml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return next(model["columns"] for model in described["models"] if model["name"] == name)


def _type(column: dict[str, Any]) -> str:
    """By its declared type; of adsl, whose types follow from the study, by its name."""
    if "data_type" in column:
        return _TYPES.get(column["data_type"], "number")
    name = column["name"]
    return "flag" if name.startswith(("is_", "has_")) else "date" if name.endswith("_date") else "code"


def _accepted(column: dict[str, Any]) -> set[str]:
    tests = [test["accepted_values"] for test in column.get("data_tests", []) if "accepted_values" in test]
    return {str(value) for test in tests for value in test["arguments"]["values"]}
