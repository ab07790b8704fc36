"""Stage 1: who the patients are. One row a patient holds the actual truth; later stages only turn it into records.

A plan is a list of dicts with the keys of COLUMNS; days are ordinals (`*_date` columns become dates in a frame). A
plan made elsewhere comes in as a DataFrame with these columns through `from_frame`. The calibrated cohort of the study
(made by studies/cd20_salvage/calibration) is such a plan of the 93 included patients, kept as data of the study.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from cartwright.simulator import bridging, excluded, included
from cartwright.simulator.covariates import COLUMNS

BLOCK = excluded.COUNT + included.COUNT  # 179 screened = one study
CALIBRATED = Path(__file__).parents[1] / "studies" / "cd20_salvage" / "calibrated_cohort.csv"
_WHOLE = ("_count", "_grade", "_stage", "_day", "_days")
_DECIMAL = ("_per_kg", "_per_l", "_percent", "_uln", "_peak")

__all__ = [
    "BLOCK",
    "COLUMNS",
    "calibrated_block",
    "from_frame",
    "plan_block",
    "plan_patients",
    "read_rows",
    "to_frame",
    "write_rows",
]


def plan_block(seed: int) -> list[dict[str, Any]]:
    """One study of 179 screened patients (54 CD20-SD-CART, 39 non-CART, 86 excluded), in random order of arrival."""
    rng = Random(f"plan:{seed}")
    rows = [*included.plan_cd20(rng), *included.plan_noncart(rng), *excluded.plan_excluded(rng)]
    bridging.deal_responses(rows, seed)
    rng.shuffle(rows)
    return rows


def plan_patients(patients: int, seed: int) -> list[dict[str, Any]]:
    """`patients` rows: whole studies, then an even draw from one more, so that every share stays in proportion."""
    rows: list[dict[str, Any]] = []
    whole, rest = divmod(patients, BLOCK)
    for number in range(whole):
        rows += plan_block(seed + 1_000_003 * number)
    if rest:
        block = sorted(plan_block(seed + 1_000_003 * whole), key=lambda row: (row["role"], row["scenario"]))
        rows += [block[(2 * i + 1) * BLOCK // (2 * rest)] for i in range(rest)]
    return rows


def calibrated_block(seed: int, included_rows: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """One study of 179 screened patients whose 93 included ones are the calibrated cohort (or the rows given)."""
    rng = Random(f"plan:{seed}")
    rows = [*(included_rows or read_rows(CALIBRATED)), *excluded.plan_excluded(rng)]
    bridging.deal_responses(rows, seed)
    rng.shuffle(rows)
    return rows


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Plan rows from a CSV file with columns of COLUMNS; an empty cell, or a column it lacks, is unknown or nothing."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: _value(name, row.get(name, "")) for name in COLUMNS} for row in csv.DictReader(file)]


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """The file that `read_rows` reads."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([_text(name, row[name]) for name in COLUMNS] for row in rows)


def _value(name: str, text: str) -> Any:
    if text == "":
        return None
    if name.endswith("_date"):
        return date.fromisoformat(text).toordinal()
    if name.startswith(("is_", "has_")):
        return text == "true"
    if name.endswith(_WHOLE):
        return int(text)
    return float(text) if name.endswith(_DECIMAL) else text


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name.endswith("_date"):
        return date.fromordinal(value).isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def to_frame(rows: list[dict[str, Any]]) -> Any:
    """Plan rows -> DataFrame with real dates; missing values are None."""
    import pandas as pd

    data = {
        name: [date.fromordinal(row[name]) if name.endswith("_date") and row[name] else row[name] for row in rows]
        for name in COLUMNS
    }
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in data.items()})


def from_frame(frame: Any) -> list[dict[str, Any]]:
    """DataFrame -> plan rows. Raises ValueError when a column is missing."""
    import pandas as pd

    if missing := [name for name in COLUMNS if name not in frame.columns]:
        raise ValueError(f"plan lacks the columns {missing}")
    rows = []
    for record in frame[list(COLUMNS)].to_dict("records"):
        row = {name: None if pd.isna(value) else value for name, value in record.items()}
        for name, value in row.items():
            if name.endswith("_date") and value is not None:
                row[name] = pd.Timestamp(value).date().toordinal()
            elif isinstance(value, float) and value.is_integer() and name.endswith(_WHOLE):
                row[name] = int(value)
        rows.append(row)
    return rows
