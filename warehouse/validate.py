"""A contract as SQL: from the text that arrived to typed values, and to a reason where a value cannot be right.

Every feed (CSV, JSON Lines, Parquet, database) arrives here as text, so one set of rules judges them all.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.contracts import Column, Contract, load_codes
from warehouse.tables import quoted

_DATE = r"\d{4}-\d{2}-\d{2}( 00:00:00(\.0+)?)?"
_PARTIAL = r"\d{4}(-\d{2}(-\d{2})?)?"
_TIMESTAMP = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_INTEGER = r"[+-]?\d{1,18}(\.0+)?"
_DECIMAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"
_DATE_LIKE = {"date": _DATE, "partial_date": _PARTIAL, "timestamp": _TIMESTAMP}
_CENTURIES = "BETWEEN 1900 AND 2100"

_REMEDY = {
    "malformed_line": "send a line with as many fields as the header; quote fields that contain commas",
    "malformed_json": "send one complete JSON object on each line",
    "line_break": "close the quotation mark, or take the line break out of the field",
    "required_empty": "send a value; this column must never be empty",
    "impossible_date": "correct the date; it is not in the calendar, or not between 1900 and 2100",
    "in_the_future": "correct the clock of the sender; the row claims to be written later than now",
    "conflicting_duplicate": "send one record for each key and version; these differ in content and none was taken",
    "conflicting_version": "send the change under a higher version; this version is already held with other content",
}
_TYPE_REMEDY = {
    "integer": "send a whole number, digits only",
    "decimal": "send a number with a decimal point, without unit or sign of comparison",
    "boolean": "send true or false",
    "date": "send the date as YYYY-MM-DD",
    "partial_date": "send the date as YYYY, YYYY-MM or YYYY-MM-DD",
    "timestamp": "send the hospital's wall clock as YYYY-MM-DD HH:MM[:SS], without zone",
    "list": "send a JSON array of objects",
}


@dataclass(frozen=True)
class Rule:
    """One column (or one field of a list column, `label` = column.field) and the SQL that names its fault or NULL."""

    label: str
    column: Column
    fault_sql: str
    text_sql: str


def value_sql(column: Column, text: str) -> str:
    """SQL of the typed value of the text expression `text`; NULL when it is not of the column's type."""
    match column.type:
        case "text":
            return text
        case "integer":
            return f"CASE WHEN regexp_full_match({text}, '{_INTEGER}') THEN TRY_CAST({text} AS BIGINT) END"
        case "decimal":
            return f"CASE WHEN regexp_full_match({text}, '{_DECIMAL}') THEN TRY_CAST({text} AS DOUBLE) END"
        case "boolean":
            word = f"lower({text})"
            return f"CASE WHEN {word} IN ('true', '1') THEN true WHEN {word} IN ('false', '0') THEN false END"
        case "date":
            day = f"TRY_CAST(left({text}, 10) AS DATE)"
            return _in_calendar(f"CASE WHEN regexp_full_match({text}, '{_DATE}') THEN {day} END")
        case "timestamp":
            moment = f"TRY_CAST({text} AS TIMESTAMP)"
            return _in_calendar(f"CASE WHEN regexp_full_match({text}, '{_TIMESTAMP}') THEN {moment} END")
        case "partial_date":
            day = f"TRY_CAST({text} || substr('0000-01-01', length({text}) + 1) AS DATE)"
            return f"CASE WHEN regexp_full_match({text}, '{_PARTIAL}') AND year({day}) {_CENTURIES} THEN {text} END"
        case "list":
            packed = ", ".join(f"{f.name} := {value_sql(f, _field(f))}" for f in column.fields)
            structs = f"list_transform({_elements(text)}, lambda e: struct_pack({packed}))"
            return f"CASE WHEN {_is_array(text)} THEN {structs} END"


def rules(contract: Contract) -> list[Rule]:
    """The faults to look for, in the order of the columns. Columns `<name>` hold text, `v_<name>` typed values."""
    found = []
    for column in contract.columns:
        must = column.required or column.name in {*contract.key, *contract.version}
        text, value = f'"{column.name}"', f'"v_{column.name}"'
        found.append(Rule(column.name, column, _fault(column, text, value, must), text))
        for field in column.fields:
            inner = _fault(field, _field(field), value_sql(field, _field(field)), field.required)
            faults = f"list_filter(list_transform({_elements(text)}, lambda e: {inner}), lambda r: r IS NOT NULL)"
            label = f"{column.name}.{field.name}"
            found.append(Rule(label, field, f"CASE WHEN {value} IS NOT NULL THEN {faults}[1] END", "NULL"))
    return found


def remedy(column: Column | None, reason: str) -> str:
    """What the sender has to do about a fault; names the contract's terms, never the value."""
    if reason in _REMEDY:
        return _REMEDY[reason]
    if reason == "wrong_type":
        return _TYPE_REMEDY[column.type]
    if reason == "unknown_code":
        return f"send a code of the list {column.codes}, or have the code added to the list and send the record again"
    unit = f" {column.unit}" if column.unit else ""
    if reason == "below_minimum":
        return f"send a value of at least {column.min:g}{unit}; check the unit"
    return f"send a value of at most {column.max:g}{unit}; check the unit"


def value_class_sql(text: str) -> str:
    """SQL of the kind of a value, for reports that must not show the value."""
    return (
        f"CASE WHEN {text} IS NULL THEN 'empty' WHEN regexp_full_match({text}, '{_INTEGER}') THEN 'whole number' "
        f"WHEN regexp_full_match({text}, '{_DECIMAL}') THEN 'decimal number' "
        f"WHEN regexp_full_match({text}, '{_TIMESTAMP}|{_PARTIAL}') THEN 'date' ELSE 'text' END"
    )


def content_hash_sql(contract: Contract) -> str:
    """SQL of the hash of the typed content: equal for equal content, whatever file format it came in.

    An optional value counts only where it is there: a record from before the contract had it keeps its hash.
    """
    parts = [f"coalesce(CAST({_steady(c)} AS VARCHAR), chr(30))" for c in contract.columns if not c.optional]
    parts += [part for c in contract.columns for part in _optional_parts(c)]
    return f"md5(concat_ws(chr(31), {', '.join(parts)}))"


def _steady(column: Column) -> str:
    """The typed value without the optional fields of its elements."""
    value = f'"v_{column.name}"'
    if not any(f.optional for f in column.fields):
        return value
    kept = ", ".join(f"{f.name} := e.{f.name}" for f in column.fields if not f.optional)
    return f"list_transform({value}, lambda e: struct_pack({kept}))"


def _optional_parts(column: Column) -> list[str]:
    """SQL of name and value of what is optional in a column; NULL, which concat_ws leaves out, without a value."""
    value = f'"v_{column.name}"'
    if column.optional:
        return [f"'{column.name}=' || CAST({value} AS VARCHAR)"]
    return [
        f"CASE WHEN len(list_filter({value}, lambda e: e.{f.name} IS NOT NULL)) > 0 "
        f"THEN '{column.name}.{f.name}=' || CAST(list_transform({value}, lambda e: e.{f.name}) AS VARCHAR) END"
        for f in column.fields
        if f.optional
    ]


def _fault(column: Column, text: str, value: str, must: bool) -> str:
    whens = [f"WHEN {text} IS NULL THEN {quoted('required_empty') if must else 'NULL'}"]
    if column.type == "text" and column.phi != "free_text":
        # An unclosed quotation mark swallows the lines below it: they must not vanish inside a value.
        whens.append(f"WHEN contains({text}, chr(10)) THEN 'line_break'")
    if column.type in _DATE_LIKE:
        pattern = _DATE_LIKE[column.type]
        whens.append(f"WHEN {value} IS NULL AND regexp_full_match({text}, '{pattern}') THEN 'impossible_date'")
    if column.type != "text":
        whens.append(f"WHEN {value} IS NULL THEN 'wrong_type'")
    if column.codes and column.strict:
        known = ", ".join(quoted(code) for code in sorted(load_codes()[column.codes]))
        whens.append(f"WHEN {text} NOT IN ({known}) THEN 'unknown_code'")
    if column.min is not None:
        whens.append(f"WHEN {value} < {column.min!r} THEN 'below_minimum'")
    if column.max is not None:
        whens.append(f"WHEN {value} > {column.max!r} THEN 'above_maximum'")
    return f"CASE {' '.join(whens)} END"


def _in_calendar(moment: str) -> str:
    return f"CASE WHEN year({moment}) {_CENTURIES} THEN {moment} END"


def _is_array(text: str) -> str:
    return f"json_valid({text}) AND json_type({text}) = 'ARRAY'"


def _elements(text: str) -> str:
    return f"json_extract({text}, '$[*]')"


def _field(field: Column) -> str:
    return f"nullif(e->>'{field.name}', '')"
