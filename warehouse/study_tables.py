"""The tables of the schema `study`: what a row is, its columns with type and description, and its rows."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator

from .study_checks import kind_of_place
from .study_definition import Study
from .study_subject_tables import TABLES as SUBJECT_TABLES


def _parameters(study: Study) -> Iterator[dict]:
    for name, parameter in study.protocol.parameters.items():
        value = parameter.value
        column = "value_date" if isinstance(value, dt.date) else "value_txt" if isinstance(value, str) else "value_num"
        yield {"parameter": name, column: value, "origin": parameter.origin, "description": parameter.description}


def _rows(section: str, *limits: str) -> Callable[[Study], Iterator[dict]]:
    """Rows of a protocol section in its order (`seq`), the named limits resolved."""

    def rows(study: Study) -> Iterator[dict]:
        for seq, row in enumerate(getattr(study.protocol, section), start=1):
            yield {"seq": seq, **row.model_dump(), **{name: study.value(getattr(row, name)) for name in limits}}

    return rows


def _endpoint_sources(study: Study) -> Iterator[dict]:
    for endpoint in study.protocol.endpoints:
        for priority, source in enumerate(endpoint.sources, start=1):
            yield {"paramcd": endpoint.paramcd, "priority": priority, **source.model_dump()}


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
_PARAMCD = {"paramcd": ("VARCHAR", "Endpoint, as in adam.adtte.")}
_DAYS = {
    "interval_days": ("INTEGER", "Planned interval between assessments, in days."),
    "window_days": ("INTEGER", "Tolerance of a planned assessment, in days."),
}
# table -> what a row is, its columns (type, description), its rows
TABLES: dict[str, tuple[str, dict[str, tuple[str, str]], Callable[[Study], Iterator[dict]]]] = {
    "study": (
        "The study: one row.",
        {
            "study_id": ("VARCHAR", "Short name."),
            "title": ("VARCHAR", "Title."),
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
    "schedule": (
        "Planned response assessments; the shortest interval of the rows that cover a day is valid on it.",
        {
            **_SEQ,
            "group_code": ("VARCHAR", "Group."),
            "modality": ("VARCHAR", "CT, MRI or PET_CT."),
            "from_day": ("INTEGER", "First day from time zero."),
            "to_day": ("INTEGER", "Last day from time zero; empty: until progression."),
            **_DAYS,
        },
        _rows("schedule", "from_day", "to_day", "interval_days", "window_days"),
    ),
    "visit": (
        "Nominal visits at which responses are tabulated (adam.adrv).",
        {
            **_SEQ,
            "paramcd": ("VARCHAR", "Parameter of adam.adrv."),
            "param": ("VARCHAR", "Visit in words."),
            "day": ("INTEGER", "Nominal day from time zero."),
            "window_days": ("INTEGER", "A scan this many days earlier or later belongs to the visit."),
        },
        _rows("visits", "window_days"),
    ),
    "endpoint": (
        "Time-to-event endpoints.",
        {
            **_SEQ,
            **_PARAMCD,
            "param": ("VARCHAR", "Endpoint in words."),
            "start_fact": ("VARCHAR", "Fact from which time runs; who has none has no row."),
            "entry_fact": ("VARCHAR", "Fact from which the patient is under observation; empty: from the start."),
            "interval_days": ("INTEGER", "One assessment interval for all groups; empty: from the schedule."),
            "window_days": ("INTEGER", "Tolerance that goes with it."),
        },
        _rows("endpoints", "interval_days", "window_days"),
    ),
    "endpoint_source": (
        "What ends or censors an endpoint.",
        {
            **_PARAMCD,
            "priority": ("INTEGER", "Of sources on one day the lowest is named."),
            "role": ("VARCHAR", "event, end (of observation) or censor."),
            "fact": ("VARCHAR", "Dated fact (eligibility.endpoint_fact)."),
            "cnsr": ("INTEGER", "ADaM censoring code; events have none."),
            "description": ("VARCHAR", "Wording for evntdesc and cnsdtdsc."),
        },
        _endpoint_sources,
    ),
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
