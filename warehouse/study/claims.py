"""The printed figures of a study's publication, if its folder has them: claims, the map to our results, statements.

`published_claims.csv` holds one printed figure a row, `claims_map.csv` says for each where its answer is,
`published_statements.csv` holds sentences that make patients of one kind part of another. A study without a claims
file has three empty tables. What the figures mean is known to analysis/audit, not here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cartwright.warehouse.csv_file import CsvFile
from cartwright.warehouse.names import unknown
from cartwright.warehouse.study.definition import Plan, Protocol
from cartwright.warehouse.yaml_file import Defect

CLAIMS, MAP, STATEMENTS = "published_claims.csv", "claims_map.csv", "published_statements.csv"
SOURCES = ("result", "definition", "none")
# table -> what a row is, its columns as in its file; `definition_value` is looked up while loading
TABLES: dict[str, tuple[str, str, dict[str, str]]] = {
    "claim": (
        CLAIMS,
        "Figures printed in the publication, one a row, as text with the printed precision.",
        {
            "id": "Name of the claim.",
            "section": "Where it is printed.",
            "measure": "Kind of quantity.",
            "population": "Patients it is about; the last number is their count.",
            "group": "Group described.",
            "comparator": "Group compared with.",
            "endpoint": "Endpoint.",
            "variable": "Variable.",
            "level": "Level of the variable.",
            "statistic": "Kind of figure.",
            "value": "The figure as printed.",
            "ci_low": "Printed lower limit or quartile.",
            "ci_high": "Printed upper limit or quartile.",
            "numerator": "Printed count.",
            "denominator": "Printed total.",
            "p_value": "Printed p.",
            "p_operator": "=, < or > of the printed p.",
            "test": "Test that print names, or presumed.",
            "unit": "Unit as printed.",
        },
    ),
    "claim_map": (
        MAP,
        "Where the answer to each claim is: one row a claim.",
        {
            "claim_id": "Claim.",
            "source": "result: a row of results.ard; definition: a constant of the study; none: nothing answers it.",
            "analysis_id": "Analysis of the plan.",
            "group_level": "Its group.",
            "comparator": "Group compared with.",
            "variable": "Its variable.",
            "variable_level": "Its level.",
            "statistic": "Quantity compared (analysis/audit/link.py).",
            "method": "Test, where the analysis has several.",
            "combine": "`least`: the smallest of all rows that fit.",
            "definition": "Place in protocol.yml or the plan; empty where nothing is derived from the constant.",
            "scale": "Factor from our unit to the printed one.",
            "calibration_stage": "Stage of the calibration of the demonstration cohort that aims at it; empty: none.",
            "note": "What a reader of the audit must know of this comparison.",
            "definition_value": "Value at that place, as text.",
        },
    ),
    "claim_statement": (
        STATEMENTS,
        "Sentences of the publication that make patients of one kind part of another.",
        {
            "id": "Name of the statement.",
            "population": "Patients it is about.",
            "group": "Group.",
            "if_variable": "Variable of those who must be part.",
            "if_level": "Its level.",
            "then_variable": "Variable of those they are part of.",
            "then_level": "Its level.",
            "sentence": "Where and what it says.",
        },
    ),
}


def read_claims(
    study_dir: Path, protocol: Protocol, plan: Plan
) -> tuple[dict[str, list[dict[str, str]]], list[Defect]]:
    """Rows of each table of `TABLES`, and every defect."""
    if not (study_dir / CLAIMS).exists():
        return {table: [] for table in TABLES}, []
    files = {
        table: CsvFile(study_dir / name, [column for column in columns if column != "definition_value"])
        for table, (name, _, columns) in TABLES.items()
    }
    defects = [defect for file in files.values() for defect in file.defects]
    if not defects:
        defects = list(_map_problems(files["claim"], files["claim_map"], {each.analysis_id for each in plan.analyses}))
        defects += _look_up_definitions(files["claim_map"], protocol, plan)
    return {table: [row for _, row in file.rows] for table, file in files.items()}, defects


def _map_problems(claimed: CsvFile, mapped: CsvFile, analyses: set[str]) -> Iterator[Defect]:
    claims = {row["id"] for _, row in claimed.rows}
    times = Counter(row["claim_id"] for _, row in mapped.rows)
    for line, row in claimed.rows:
        if not times[row["id"]]:
            remedy = f"add one to {MAP}; source none where nothing answers it"
            yield claimed.describe(line, row["id"], "no row of the map is for this claim", remedy)
    for line, row in mapped.rows:
        for what, remedy in _faults(row, claims, times[row["claim_id"]], analyses):
            yield mapped.describe(line, row["claim_id"], what, remedy)


def _faults(row: dict[str, str], claims: set[str], times: int, analyses: set[str]) -> Iterator[tuple[str, str]]:
    if row["claim_id"] not in claims:
        yield unknown(f"claim of {CLAIMS}", row["claim_id"], claims, "remove the row")
    if times > 1:
        yield f"mapped {times} times", "keep one row"
    if row["source"] not in SOURCES:
        yield unknown("source", row["source"], SOURCES)
    if row["source"] == "result" and row["analysis_id"] not in analyses:
        yield unknown("analysis of the plan", row["analysis_id"], analyses, "add the analysis")
    if row["source"] == "none" and not row["note"]:
        yield "nothing answers it, and no note says why", "give the reason"


def _look_up_definitions(mapped: CsvFile, protocol: Protocol, plan: Plan) -> list[Defect]:
    definition = {**protocol.model_dump(), "analyses": {row.analysis_id: row.model_dump() for row in plan.analyses}}
    problems = []
    for line, row in mapped.rows:
        row["definition_value"] = ""
        if row["definition"]:
            try:
                row["definition_value"] = _value_at(definition, row["definition"])
            except (KeyError, IndexError, ValueError, TypeError):
                what = f'the study definition has nothing at "{row["definition"]}"'
                problems.append(mapped.describe(line, row["claim_id"], what, "correct the place"))
    return problems


def _value_at(definition: Any, place: str) -> str:
    """The value behind `parameters.<name>`, `study.data_cut_date` or `schedule.0.to_day`, as text."""
    found = definition
    for step in place.split("."):
        found = found[int(step)] if isinstance(found, list) else found[step]
    if isinstance(found, dict):
        found = found["value"]
    return str(found)
