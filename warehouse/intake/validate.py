"""A contract as SQL: from the text that arrived to typed values, and to a reason where a value cannot be right.

Every feed (CSV, JSON Lines, Parquet, database) arrives here as text, so one set of rules judges them all.
"""

from __future__ import annotations

from dataclasses import dataclass

from cartwright.warehouse.intake.contracts import EMPTY_WORDS, PLACEHOLDER, Column, Contract, load_codes
from cartwright.warehouse.store_tables import quoted

_DATE = r"\d{4}-\d{2}-\d{2}( 00:00:00(\.0+)?)?"
_PARTIAL = r"\d{4}(-\d{2}(-\d{2})?)?"
_TIMESTAMP = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_INTEGER = r"[+-]?\d{1,18}(\.0+)?"
_LONG_INTEGER = r"[+-]?\d{19,}(\.0+)?"
_DECIMAL = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?"
_THOUSANDS = r"[+-]?[1-9]\d{0,2}(\.\d{3})+(,\d*)?"
_NUMBER_LIKE = {"integer": _LONG_INTEGER, "decimal": _DECIMAL}
# RE2: what ends a line, and what is no sign at all (control characters, the mark of a sign that was lost).
_LINE_BREAK = r"[\n\r\v\f\x{85}\x{2028}\x{2029}]"
_NO_SIGN = r"[\x00-\x08\x0E-\x1F\x7F-\x{84}\x{86}-\x{9F}\x{FFFD}]"
# In a number that names something: signs that look like another (full-width forms, other digits, dashes and blanks) or
# like nothing, and letters of two scripts that share shapes.
_LOOKALIKE = (
    r"[\t\x{FF00}-\x{FFEF}\p{Cf}\x{A0}\x{1680}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}\x{2010}-\x{2015}\x{2212}\p{No}\p{Nl}]"
    r"|[^\P{Nd}0-9]|\p{Latin}.*[\p{Cyrillic}\p{Greek}]|[\p{Cyrillic}\p{Greek}].*\p{Latin}"
)
# What spreadsheets (1.23E+05) and floating-point columns (1.23e+20, 100001.0) make of a number of many digits.
_SCIENTIFIC = r"[+-]?\d(\.\d+)?[eE][+-]\d{2,3}|[+-]?\d\.\d+[eE]\d{1,3}"
_FLOATING = _SCIENTIFIC + r"|\d+\.0+"
_DATE_LIKE = {"date": _DATE, "partial_date": _PARTIAL, "timestamp": _TIMESTAMP}
_CENTURIES = "BETWEEN 1900 AND 2100"

_REMEDY = {
    "malformed_line": "send a line with as many fields as the header; quote fields that contain commas",
    "malformed_json": "send one complete JSON object on each line",
    "line_break": "close the quotation mark, or take the line break out of the field",
    "required_empty": "send a value; this column must never be empty",
    "impossible_date": "correct the date; it is not in the calendar, or not between 1900 and 2100",
    "in_the_future": "correct the clock of the sender; the row claims to be written later than now",
    "stray_quotation_mark": "double every quotation mark inside a field and put the field into quotation marks",
    "repeated_header": "send the header line once; two files were put together",
    "no_single_value": "send one value at this place, or let the path of the map lead to one of them",
    "missing_element": "send what the record refers to in the same delivery; something of the list is not there",
    "key_twice": "name each key once in an object; which of two values is meant nobody can say (RFC 8259)",
    "unreadable_character": "send the text as it was written, in UTF-8; it holds control characters or lost signs",
    "lookalike_character": "send the number in plain letters and digits; it holds signs that only look like them",
    "placeholder": "send the name or number that is meant, or nothing where there is none; this word names nobody",
    "mangled_number": "send the number as text, all its digits; a spreadsheet or a floating-point column rounded it",
    "out_of_range": "send a number that the warehouse can hold; its exponent or its digits are too many",
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
    text = _translated(column, text)
    match column.type:
        case "text":
            return text
        case "integer":
            return f"CASE WHEN regexp_full_match({text}, '{_INTEGER}') THEN TRY_CAST({text} AS BIGINT) END"
        case "decimal":
            text = _with_point(text) if column.decimal_mark == "," else text
            # 1e400 would become infinity, and 1e-400 would become 0.
            number = f"TRY_CAST({text} AS DOUBLE)"
            is_held = f"isfinite({number}) AND ({number} <> 0 OR NOT regexp_matches({text}, '^[^eE]*[1-9]'))"
            return f"CASE WHEN regexp_full_match({text}, '{_DECIMAL}') AND {is_held} THEN {number} END"
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


def _with_point(text: str) -> str:
    """A number with a decimal comma, and perhaps points between thousands, as it is written with a decimal point."""
    whole = f"CASE WHEN regexp_full_match({text}, '{_THOUSANDS}') THEN replace({text}, '.', '') ELSE {text} END"
    return f"replace({whole}, ',', '.')"


def _translated(column: Column, text: str) -> str:
    """The text with the hospital's own codes of flags, numbers and statuses replaced by what they stand for.

    Other codes are kept as they were sent; the models translate them, so that a new row of the map needs no new
    delivery.
    """
    is_left_to_the_models = not column.strict if column.codes else column.type == "text"
    if not column.sent_codes or is_left_to_the_models:
        return text
    whens = " ".join(f"WHEN {quoted(sent)} THEN {quoted(code)}" for sent, code in column.sent_codes.items())
    return f"CASE {text} {whens} ELSE {text} END"


def rules(contract: Contract) -> list[Rule]:
    """The faults to look for, in the order of the columns. Columns `<name>` hold text, `v_<name>` typed values."""
    found = []
    for column in contract.columns:
        named = _naming_faults(contract, column)
        must = column.required or column.name in {*contract.key, *contract.version}
        text, value = f'"{column.name}"', f'"v_{column.name}"'
        found.append(Rule(column.name, column, _fault(column, text, value, must, named), text))
        for field in column.fields:
            inner = _fault(field, _field(field), value_sql(field, _field(field)), field.required)
            faults = f"list_filter(list_transform({_elements(text)}, lambda e: {inner}), lambda r: r IS NOT NULL)"
            label = f"{column.name}.{field.name}"
            found.append(Rule(label, field, f"CASE WHEN {value} IS NOT NULL THEN {faults}[1] END", "NULL"))
    return found


def remedy(column: Column | None, reason: str) -> str:
    """What the sender has to do about a fault; names the contract's terms, never the value."""
    if column is None or reason in _REMEDY:
        return _REMEDY[reason]
    if reason == "wrong_type":
        words = _TYPE_REMEDY[column.type]
        is_comma = column.type == "decimal" and column.decimal_mark == ","
        return words.replace("a decimal point", "a decimal comma, as hospital.yml says") if is_comma else words
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


def _naming_faults(contract: Contract, column: Column) -> dict[str, str]:
    """What cannot stand in a number that names a record, a patient or a specimen: reason and RE2 pattern."""
    if column.type != "text" or column.codes:
        return {}
    names_record = column.name in {*contract.key, contract.patient}
    if names_record or column.name.endswith(("_no", "_id")):
        mangled = _FLOATING if names_record else _SCIENTIFIC
        return {"lookalike_character": _LOOKALIKE, "mangled_number": f"^({mangled})$"}
    return {}


def _text_faults(column: Column, text: str, named: dict[str, str]) -> list[str]:
    """The WHENs of a text. Nearly every text is plain ASCII: only the others are looked at more closely."""
    if column.phi == "free_text":
        return [f"WHEN contains({text}, chr(0)) THEN 'unreadable_character'"]
    mangled = named.get("mangled_number")
    closer = {"line_break": _LINE_BREAK, "unreadable_character": _NO_SIGN}
    closer |= {reason: pattern for reason, pattern in named.items() if reason != "mangled_number"}
    found = " ".join(f"WHEN regexp_matches({text}, '{pattern}') THEN '{reason}'" for reason, pattern in closer.items())
    whens = [f"WHEN regexp_matches({text}, '{mangled}') THEN 'mangled_number'"] if mangled else []
    return [*whens, f"WHEN NOT regexp_full_match({text}, '[ -~]*') THEN CASE {found} END"]


def _fault(column: Column, text: str, value: str, must: bool, named: dict[str, str] | None = None) -> str:
    whens = [f"WHEN {text} IS NULL THEN {quoted('required_empty') if must else 'NULL'}"]
    if column.sent_as:
        whens.append(f"WHEN starts_with({text}, chr(2)) THEN substr({text}, 2)")
        whens.append(f"WHEN contains({text}, chr(1)) THEN 'no_single_value'")
    if column.type == "text" and column.phi == "identifier":
        whens.append(f"WHEN regexp_full_match({text}, {quoted(PLACEHOLDER)}) THEN 'placeholder'")
    if column.type == "text" and not (column.codes and column.strict):
        whens += _text_faults(column, text, named or {})
    if column.type in _DATE_LIKE:
        pattern = _DATE_LIKE[column.type]
        whens.append(f"WHEN {value} IS NULL AND regexp_full_match({text}, '{pattern}') THEN 'impossible_date'")
    if column.type in _NUMBER_LIKE:
        pattern = _NUMBER_LIKE[column.type]
        whens.append(f"WHEN {value} IS NULL AND regexp_full_match({text}, '{pattern}') THEN 'out_of_range'")
    if column.type != "text":
        whens.append(f"WHEN {value} IS NULL THEN 'wrong_type'")
    if column.type == "list":
        twice = "len(json_keys(e)) <> len(list_distinct(json_keys(e)))"
        whens.append(f"WHEN len(list_filter({_elements(text)}, lambda e: {twice})) > 0 THEN 'key_twice'")
    if column.codes and column.strict:
        known = ", ".join(quoted(code) for code in sorted({*load_codes()[column.codes], *column.sent_codes}))
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
    value, words = f"trim(e->>'{field.name}')", ", ".join(map(quoted, ("", *EMPTY_WORDS)))
    return f"CASE WHEN {value} NOT IN ({words}) THEN {value} END"
