"""The reference in docs/studies.md, from the shapes of a study and the catalogue.

`python -m cartwright.orchestration.study_docs` writes it.

What stands above its first line is written by hand. A test fails when the rest is stale.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable, Iterator
from importlib import import_module
from typing import Any, get_args

from pydantic import BaseModel

from cartwright.analysis.plan.rules import (
    COUNT_TESTS,
    METHODS,
    OF_ANY_KIND,
    ORDER_TESTS,
    PAIR_TESTS,
    RULES,
    SAMPLE_TESTS,
)
from cartwright.analysis.plan.run import KINDS
from cartwright.warehouse.intake.contracts import load_codes
from cartwright.warehouse.settings import CHECKOUT
from cartwright.warehouse.study.columns import described, parameters_of
from cartwright.warehouse.study.definition import Analysis, Header, Output, Parameter, Plan, Population, Protocol
from cartwright.warehouse.study.fact_catalogue import CATALOGUE, codes_of
from cartwright.warehouse.study.followup import (
    DATASETS,
    OF_EVERY_STUDY,
    OF_RESPONSES,
    Endpoint,
    EndpointSource,
    Response,
    Safety,
    Schedule,
    Visit,
)
from cartwright.warehouse.study.subject import (
    Anchor,
    Condition,
    Criterion,
    CriterionPart,
    GroupRule,
    Groups,
    Item,
    OwnFact,
    Point,
    Screening,
    Selection,
)

PAGE = CHECKOUT / "docs" / "studies.md"
FIRST_LINE = "<!-- From here on written by `python -m cartwright.orchestration.study_docs`; change the shapes. -->\n"
# section of the protocol -> its shapes; items have a chapter of their own
SECTIONS: dict[str, tuple[type[BaseModel], ...]] = {
    "study": (Header,),
    "parameters": (Parameter,),
    "own_facts": (OwnFact,),
    "screening": (Screening,),
    "anchors": (Anchor,),
    "items": (),
    "criteria": (Criterion, CriterionPart),
    "groups": (Groups, GroupRule),
    "response": (Response,),
    "schedule": (Schedule,),
    "visits": (Visit,),
    "endpoints": (Endpoint, EndpointSource),
    "safety": (Safety,),
}
ITEMS: tuple[type[BaseModel], ...] = get_args(get_args(Item)[0])
# keys of a variable -> their meaning
VARIABLE = {
    "column": "A column of adsl, or of `dataset`.",
    "label": "In words.",
    "type": "`binary` (a yes/no column, or `column operator value`; the default), `categorical` or `continuous`.",
    "operator": "With `value`: makes a yes/no of the column, as in populations; `contains` asks a list joined by +.",
    "value": "What it is compared with.",
    "levels": "Of a categorical one in their order, each `{level, label}`.",
    "scale": "What a continuous one is multiplied by, as `12/365`.",
    "digits": "Decimals shown.",
    "tests": "Tests between groups, the one trusted most first.",
    "dataset": "Another table of adam, one row a patient of `paramcd`.",
    "paramcd": "Its parameter.",
    "anchor": "A column of adsl with the day that starts the course whose rows count.",
    "compare_column": "Of a pair: the second column.",
    "compare_anchor": "Of a pair: the second course.",
    "compare_paramcd": "Of a pair: the second parameter.",
    "asked_of": "A population; of the others nothing is unknown.",
    "at_least": "Column with the least that a category known in part can be.",
    "is_auxiliary": "Informs the imputation of the others, and is not in the model.",
}
_LIMIT = "number, day, or name of a parameter"


def reference() -> str:
    """The generated part of the page."""
    return "\n".join([FIRST_LINE, *_protocol(), *_plan(), *_facts()]) + "\n"


def _protocol() -> Iterator[str]:
    yield "# Reference: protocol.yml\n"
    yield from _table(Protocol)
    for section, shapes in SECTIONS.items():
        if section == "anchors":
            yield "## selections of occurrences\n"
            yield from _shape(Selection)
        yield f"## {section}\n"
        if section == "items":
            yield from _items()
        for shape in shapes:
            yield from _shape(shape)
    yield "## datasets\n"
    yield from _listed(("dataset", "what it holds"), [(name, held.meaning) for name, held in DATASETS.items()])


def _items() -> Iterator[str]:
    """What every kind has once, conditions once, then what each kind has for itself."""
    common = set.intersection(*(set(shape.model_fields) for shape in ITEMS)) - {"kind"}
    yield "Every item has:\n"
    yield from _table(ITEMS[0], common)
    yield "A condition (of a `cutoff`, and of the points of a `score`) has:\n"
    yield from _table(Condition)
    for shape in ITEMS:
        kinds = ", ".join(f"`{kind}`" for kind in get_args(shape.model_fields["kind"].annotation))
        yield f"**{kinds}**: {_said(shape, 'kind')}{_also(shape)}\n"
        yield from _table(shape, _own(shape) - common - {"kind"})
    yield "A row of `points` has a condition and:\n"
    yield from _table(Point, _own(Point))


def _own(shape: type[BaseModel]) -> set[str]:
    """Fields that are not those of every selection or condition."""
    shared = [part for part in (Selection, Condition) if issubclass(shape, part) and shape is not part]
    return set(shape.model_fields) - {name for part in shared for name in part.model_fields}


def _also(shape: type[BaseModel]) -> str:
    words = {Selection: " It selects occurrences.", Condition: " It has a condition."}
    return "".join(text for part, text in words.items() if issubclass(shape, part) and shape is not part)


def _plan() -> Iterator[str]:
    yield "# Reference: analysis_plan.yml\n"
    yield (
        "Any other `*_plan.yml` beside it is a part of the same plan, with all three parts: "
        "`populations: []` where it adds none.\n"
    )
    for name, shape in (("populations", Population), ("outputs", Output), ("analyses", Analysis)):
        yield f"## {name}\n"
        yield f"{_said(Plan, name)}\n"
        yield from _table(shape)
    yield "## variables\n"
    yield "A row of a table, or a covariate.\n"
    yield from _listed(("key", "meaning"), VARIABLE.items())
    yield from _columns()
    yield "## kinds\n"
    yield f"Any kind may have {_names(OF_ANY_KIND)}: named in the summary, the form of the output's figure.\n"
    yield "| kind | what it computes | endpoint | groups | variables | options it needs | and may have |"
    yield "|---|---|---|---|---|---|---|"
    for kind, place in KINDS.items():
        words = _sentence(import_module(f"cartwright.analysis.plan.kinds.{place.split('.')[0]}").__doc__ or "")
        rule = RULES[kind]
        needs = (rule.endpoint or "", rule.groups or "", rule.variables or "", _names(rule.options), _names(rule.may))
        yield f"| `{kind}` | {_cell(words)} | {' | '.join(needs)} |"
    yield "\nEndpoint `time`: a paramcd of the protocol; `column`: a yes/no column of adsl. What options can be:\n"
    yield from _listed(("option", "one of"), ((option, _names(methods)) for option, methods in METHODS.items()))
    tests = {"counts": COUNT_TESTS, "ordered levels": ORDER_TESTS, "numbers": SAMPLE_TESTS, "pairs": PAIR_TESTS}
    said = "; ".join(f"of {what} {_names(names)}" for what, names in tests.items())
    yield f"`tests` of a variable: {said}.\n"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _facts() -> Iterator[str]:
    yield "# Reference: facts\n"
    yield (
        "The catalogue of dated facts (sql/seeds/fact.csv). The table of a feed with a question mark may be empty. The "
        "codes are those of the standard; the lists of a hospital may add some.\n"
    )
    yield "| fact | holds | unit | detail | meaning | feeds |"
    yield "|---|---|---|---|---|---|"
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            feeds = row["feeds"].replace(";", ", ")
            kind = row["value_type"] if row["value_type"] == "code" else f"{row['value_type']} with a code"
            holds = _coded(kind, codes_of(row["value_list"], load_codes())) if row["value_list"] else row["value_type"]
            detail = _coded(row["detail_codes"], codes_of(row["detail_list"], load_codes(), is_detail=True))
            cells = (f"`{row['fact']}`", holds, row["unit"], detail, row["description"], feeds)
            yield f"| {' | '.join(_cell(cell) for cell in cells)} |"
    yield "\nFacts that follow-up derives; an endpoint names them as it names those above, or an anchor:\n"
    yield from _listed(("fact", "meaning"), OF_EVERY_STUDY.items())
    yield "With the section `response` also:\n"
    yield from _listed(("fact", "meaning"), OF_RESPONSES.items())


def _coded(words: str, codes: Collection[str]) -> str:
    """Words, and behind them the codes that they do not name themselves."""
    missing = any(code not in words for code in codes)
    return f"{words}: {', '.join(sorted(codes))}" if missing else words


def _columns() -> Iterator[str]:
    """What a plan can name of the datasets beside the items that a study makes columns."""
    yield "## columns\n"
    yield "Of adsl every study has these, beside its items with `column`; those of responses where it has `response`:\n"
    yield from _listed(("column", "meaning"), described("adsl").items())
    yield "Of the other datasets a variable with `dataset` and `paramcd` reads one value a patient:\n"
    yield "| dataset | parameters | columns |"
    yield "|---|---|---|"
    for name in ("adtte", "adrs", *DATASETS):
        parameters = {"adtte": "the endpoints", "adrv": "the visits"}.get(name) or _names(parameters_of(name))
        yield f"| `{name}` | {parameters or 'as the data have them'} | {_names(described(name))} |"
    yield (
        "\nA waterfall reads `{dataset: adtr, paramcd: SPDLOW, column: pchg, ...}` and, for its colours, "
        "`best_response_code`; a spider the parameter SPD. A dataset is in the release where `datasets` lists it.\n"
    )


def _shape(shape: type[BaseModel]) -> Iterator[str]:
    if shape.__doc__:
        yield f"{_one_line(shape.__doc__)}{_also(shape)}\n"
    yield from _table(shape, _own(shape))


def _table(shape: type[BaseModel], names: Iterable[str] | None = None) -> Iterator[str]:
    """Fields of a shape, all or some of them; nothing when there are none."""
    fields = {name: field for name, field in shape.model_fields.items() if names is None or name in names}
    if not fields:
        return
    properties = shape.model_json_schema(by_alias=True)["properties"]
    yield "| field | value | must be there | meaning |"
    yield "|---|---|---|---|"
    for name, field in fields.items():
        shown = field.alias or name
        needed = "yes" if field.is_required() else ""
        yield f"| `{shown}` | {_value(properties[shown])} | {needed} | {_cell(_said(shape, name))} |"
    yield ""


def _value(schema: dict[str, Any]) -> str:
    """What a field may hold, in words."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "anyOf" in schema:
        parts = [part for part in schema["anyOf"] if part.get("type") != "null"]
        types = {part.get("type") for part in parts}
        if {"integer", "number", "string"} <= types and "boolean" not in types:
            return _LIMIT if len(parts) < len(schema["anyOf"]) else "number, day or text"
        return " or ".join(dict.fromkeys(_value(part) for part in parts))
    if schema.get("type") == "array":
        return f"list of {_value(schema['items'])}" if schema["items"] else "list"
    if schema.get("type") == "object":
        return "mapping"
    if "$ref" in schema or "oneOf" in schema:
        return "mapping"
    if "pattern" in schema:
        return "name in capitals" if "[A-Z]" in schema["pattern"] else "name"
    words = {"string": "text", "integer": "whole number", "number": "number", "boolean": "`true` or `false`"}
    return "YYYY-MM-DD" if schema.get("format") == "date" else words.get(schema.get("type", ""), "value")


def _listed(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---|---|"
    yield from (f"| `{name}` | {_cell(words)} |" for name, words in rows)
    yield ""


def _said(shape: type[BaseModel], name: str) -> str:
    return _one_line(shape.model_fields[name].description or "")


def _sentence(text: str) -> str:
    """The first sentence of a description."""
    return _one_line(text.strip().split("\n\n")[0]).split(". ")[0].rstrip(".") + "."


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return text.replace("|", "/")


if __name__ == "__main__":
    above, found, _ = PAGE.read_text(encoding="utf-8").partition(FIRST_LINE)
    if not found:
        raise SystemExit(f"{PAGE.name} has no line {FIRST_LINE.strip()}")
    PAGE.write_text(above + reference(), encoding="utf-8")
