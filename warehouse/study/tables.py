"""The tables of the schema `study`: what a row is, its columns with type and description, and its rows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator

from cartwright.warehouse.study.checks import kind_of_place
from cartwright.warehouse.study.definition import Study
from cartwright.warehouse.study.followup_tables import TABLES as FOLLOWUP_TABLES
from cartwright.warehouse.study.subject_tables import TABLES as SUBJECT_TABLES


def _parameters(study: Study) -> Iterator[dict]:
    for name, parameter in study.protocol.parameters.items():
        value = parameter.value
        column = "value_date" if isinstance(value, dt.date) else "value_txt" if isinstance(value, str) else "value_num"
        yield {"parameter": name, column: value, "origin": parameter.origin, "description": parameter.description}


def _populations(study: Study) -> Iterator[dict]:
    for row in study.plan.populations:
        value = row.value
        text = None if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        yield {**row.model_dump(), "value": text}


def _analyses(study: Study) -> Iterator[dict]:
    for row in study.plan.analyses:
        texts = {name: json.dumps(getattr(row, name), default=str) for name in ("group_levels", "variables", "options")}
        yield {**row.model_dump(), **texts}


def _checklist(study: Study) -> Iterator[dict]:
    for seq, row in enumerate(study.checklist.root, start=1):
        places = [{"place": name, "kind": kind_of_place(name, study.plan)} for name in row.where]
        yield {"seq": seq, **row.model_dump(), "places": json.dumps(places)}


_SEQ = {"seq": ("INTEGER", "Order.")}
# table -> what a row is, its columns (type, description), its rows
TABLES: dict[str, tuple[str, dict[str, tuple[str, str]], Callable[[Study], Iterator[dict]]]] = {
    "study": (
        "The study: one row.",
        {
            "study_id": ("VARCHAR", "Short name."),
            "title": ("VARCHAR", "Title."),
            "question": ("VARCHAR", "The question it asks."),
            "caveat": ("VARCHAR", "What its design cannot answer."),
            "source_doi": ("VARCHAR", "DOI of the publication."),
            "data_cut_date": ("DATE", "Nothing dated after this day counts."),
        },
        lambda study: iter([study.protocol.study.model_dump()]),
    ),
    "parameter": (
        "Named values of the study definition.",
        {
            "parameter": ("VARCHAR", "Name."),
            "value_num": ("DOUBLE", "Value, when a number."),
            "value_txt": ("VARCHAR", "Value, when a text."),
            "value_date": ("DATE", "Value, when a date."),
            "origin": ("VARCHAR", "paper: printed there; decided: this project's reading."),
            "description": ("VARCHAR", "Meaning and unit."),
        },
        _parameters,
    ),
    **SUBJECT_TABLES,
    **FOLLOWUP_TABLES,
    "population": (
        "Analysis populations: conditions on adam.adsl, all rows of one population must hold.",
        {
            "population": ("VARCHAR", "Population."),
            "column_name": ("VARCHAR", "Column of adam.adsl."),
            "operator": ("VARCHAR", "=, !=, >, >=, <, <=, in, known or unknown."),
            "value": ("VARCHAR", "Value compared with; a comma-separated list for `in`."),
        },
        _populations,
    ),
    "output": (
        "What the report shows.",
        {
            "output_id": ("VARCHAR", "Output: <section>.<name>."),
            **_SEQ,
            "kind": ("VARCHAR", "table or figure."),
            "title": ("VARCHAR", "Title."),
            "footnote": ("VARCHAR", "Footnote."),
            "meaning": ("VARCHAR", "What it means, in two sentences for a clinician; empty where the title says it."),
            "part": ("VARCHAR", "main: among the printed pages; annex: behind them."),
            "answer": ("INTEGER", "Place of its sentence in the answer on the first screen; empty: it has none."),
        },
        lambda study: (row.model_dump() for row in study.plan.outputs),
    ),
    "analysis": (
        "What is computed for an output.",
        {
            "analysis_id": ("VARCHAR", "Analysis."),
            "output_id": ("VARCHAR", "Output it belongs to."),
            **_SEQ,
            "kind": ("VARCHAR", "Kind of analysis."),
            "title": ("VARCHAR", "Title."),
            "population": ("VARCHAR", "Population."),
            "endpoint": ("VARCHAR", "Parameter of adam.adtte, or a yes/no column of adam.adsl."),
            "group_by": ("VARCHAR", "Column of adam.adsl, or population."),
            "group_levels": ("VARCHAR", "Levels compared, as JSON."),
            "variables": ("VARCHAR", "Variables, as JSON."),
            "options": ("VARCHAR", "Options of the method, as JSON."),
        },
        _analyses,
    ),
    "checklist": (
        "Reporting guidelines item by item, and where this study answers each.",
        {
            **_SEQ,
            "standard": ("VARCHAR", "Guideline: STROBE or RECORD."),
            "item": ("VARCHAR", "Number of the item."),
            "topic": ("VARCHAR", "What the item asks for."),
            "places": ("VARCHAR", "Where it is answered, as JSON: place, and kind output, section or table."),
            "note": ("VARCHAR", "What is found there, or why the data cannot answer."),
        },
        _checklist,
    ),
}
