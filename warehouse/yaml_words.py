"""What is wrong with the shape of a file, in words: pydantic's errors by the places that stand in the file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cartwright.warehouse.names import unknown

Place = tuple[str | int, ...]
_YAML_FLAGS = "YAML reads yes, no, on, off, true and false as flags; write it in quotation marks"
_DUE = {
    "string_type": "a text is due",
    "list_type": "a list is due: [...]",
    "dict_type": "entries `name: value` are due",
    "model_type": "entries `name: value` are due",
    "model_attributes_type": "entries `name: value` are due",
    "int_type": "a whole number is due",
    "int_from_float": "a whole number is due",
    "int_parsing": "a whole number is due, without quotation marks",
    "float_type": "a number is due",
    "bool_type": "true or false is due",
    "bool_parsing": "true or false is due",
    "date_type": "a date is due, like 2024-01-31",
    "date_parsing": "a date is due, like 2024-01-31",
    "date_from_datetime_parsing": "a date is due, like 2024-01-31",
    "string_pattern_mismatch": "use small letters, digits and _ (an endpoint's code: capitals), a letter first",
}


def in_words(error: ValidationError, model: type[BaseModel], data: Any) -> Iterator[tuple[Place, str, str]]:
    """(place in the file, what is wrong, what to do) of each error; of the branches of a union the last counts."""
    schema = model.model_json_schema(by_alias=True)
    by_place: dict[Place, ErrorDetails] = {}
    for detail in error.errors(include_url=False):
        by_place[place_of(detail["loc"], data, detail["type"])] = detail
    for place, said in by_place.items():
        yield place, *_said(said, place, schema, data)


def place_of(loc: Place, data: Any, kind: str = "") -> Place:
    """The steps of an error's place that stand in the file: without names of unions and of their branches."""
    steps: list[str | int] = []
    for number, step in enumerate(loc):
        is_last = number == len(loc) - 1
        if isinstance(data, dict) and (step in data or (is_last and kind == "missing")):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        elif isinstance(data, dict) and step == "[key]":
            break
        else:
            continue
        steps.append(step)
    return tuple(steps)


def _said(detail: ErrorDetails, place: Place, schema: dict[str, Any], data: Any) -> tuple[str, str]:
    kind, value = detail["type"], detail["input"]
    if kind == "missing":
        return f'"{place[-1]}" is missing', "write it"
    if kind == "extra_forbidden":
        return unknown("key here", place[-1], _keys(schema, place[:-1], data), "remove it")
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        known = detail["ctx"].get("expected_tags", "").replace("'", "").split(", ")
        tag = detail["ctx"].get("tag")
        return unknown("kind", tag, [k for k in known if k]) if tag else ('"kind" is missing', "write it")
    if kind == "literal_error":
        known = [word.strip("'") for word in detail["ctx"]["expected"].replace(" or ", ", ").split(", ")]
        return _shown(value) + f" is none of {', '.join(known)}", unknown("word", value, known)[1]
    if isinstance(value, bool) and kind not in ("bool_type", "bool_parsing"):
        return f"{'yes' if value else 'no'} is read as {str(value).lower()}", _YAML_FLAGS
    if kind == "too_short":
        return "there are too few entries", f"give at least {detail['ctx']['min_length']}"
    if kind in ("greater_than_equal", "less_than_equal"):
        return f"{_shown(value)} cannot be", detail["msg"].replace("Input should be", "it must be")
    if isinstance(value, list) and kind != "list_type":
        return "a list where one value is due", "write it without brackets"
    if kind in ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"):
        return f"{_shown(value)} is no date", "write it like 2024-01-31"
    if value is None:
        return "there is no value", _DUE.get(kind, detail["msg"])
    words = detail["msg"].removeprefix("Value error, ")
    return f"{_shown(value)} cannot stand here", _DUE.get(kind, words)


def _shown(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _keys(schema: dict[str, Any], place: Place, data: Any) -> list[str]:
    """The keys that the schema allows at a place."""
    return list(_properties(_at(schema, schema, place, data)))


def _at(schema: dict[str, Any], root: dict[str, Any], place: Place, data: Any) -> dict[str, Any]:
    """The part of a JSON schema that a place of the data is held to."""
    schema = _branch(schema, root, data)
    if not place:
        return schema
    step, *rest = place
    if isinstance(step, int):
        return _at(schema.get("items", {}), root, tuple(rest), data[step])
    inner = _properties(schema).get(step) or schema.get("additionalProperties") or {}
    return _at(inner if isinstance(inner, dict) else {}, root, tuple(rest), data[step])


def _branch(schema: dict[str, Any], root: dict[str, Any], data: Any) -> dict[str, Any]:
    """The schema behind references, and of several the one that the data's kind names or that has keys."""
    while "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    if "discriminator" in schema:
        tag = data.get("kind") if isinstance(data, dict) else None
        found = schema["discriminator"]["mapping"].get(tag)
        return _branch({"$ref": found}, root, data) if found else {}
    for branch in schema.get("anyOf", []):
        found = _branch(branch, root, data)
        if ("properties" in found and isinstance(data, dict)) or ("items" in found and isinstance(data, list)):
            return found
    return schema


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    return schema.get("properties", {})
