"""A small study that the tests of notebook and explorer look at: forty patients in two groups, two endpoints."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from cartwright.analysis.face.study import Row, Study
from cartwright.analysis.plan.run import compute

GROUPS = [{"level": "a", "label": "With A"}, {"level": "b", "label": "With B"}]
CURVE = {
    "figure": "km",
    "time": "duration_days",
    "conf_type": "log-log",
    "rule": "sas",
    "month_days": "365/12",
    "landmarks_months": [6, 12],
    "at_risk_months": 6,
}
VARIABLES = [
    {"column": "age_years", "label": "Age, years", "type": "continuous", "tests": ["ranksum"]},
    {"column": "is_high", "label": "High risk", "tests": ["fisher"]},
]
POPULATIONS = [
    {"population": "everybody", "column_name": "usubjid", "operator": "known", "value": None},
    {"population": "high", "column_name": "is_high", "operator": "=", "value": "true"},
    {"population": "not_high", "column_name": "is_high", "operator": "=", "value": "false"},
]


def row(
    analysis_id: str, kind: str, endpoint: str | None = None, *, by: str | None = "group_code", **more: object
) -> Row:
    """A row of the plan, over everybody by group unless it says otherwise."""
    return {
        "analysis_id": analysis_id,
        "output_id": f"survival.{endpoint.lower()}" if endpoint else "baseline.table",
        "seq": 1,
        "kind": kind,
        "title": kind,
        "population": "everybody",
        "endpoint": endpoint,
        "group_by": by,
        "group_levels": GROUPS if by else [],
        "variables": [],
        "options": {},
    } | more


PLAN = [
    row("os", "km", "OS", options={**CURVE, "headline": True}),
    row("os_logrank", "logrank", "OS", seq=2, options={"time": "duration_days", "headline": True}),
    row("os_cox", "hr_cox", "OS", seq=3, options={"time": "duration_days", "ties": "efron"}),
    row("ttx", "km", "TTX", by=None, options={**CURVE, "entry": "entry_days"}),
    row("table", "describe", variables=VARIABLES, options={"quantiles": "sas5"}),
]
OUTPUTS = [
    {"output_id": "survival.os", "seq": 10, "kind": "figure", "title": "Overall survival", "part": "main"},
    {"output_id": "survival.ttx", "seq": 20, "kind": "figure", "title": "Time to X", "part": "main"},
    {"output_id": "baseline.table", "seq": 30, "kind": "table", "title": "Baseline", "part": "main"},
]


def patients(high: dict[str, list[bool | None]]) -> pd.DataFrame:
    """adsl: one row a patient of each group, with who is at high risk (None: unknown)."""
    rows = [
        {"usubjid": f"{group}-{number:02}", "group_code": group, "is_high": flag, "age_years": 40.0 + number}
        for group, flags in high.items()
        for number, flag in enumerate(flags)
    ]
    return pd.DataFrame(rows)


def study_of(adsl: pd.DataFrame, without: frozenset[str] = frozenset()) -> Study:
    """A study of these patients, its night computed; `without`: patients who have no time to X."""
    draw = np.random.default_rng(1)
    names = list(adsl["usubjid"])
    times = pd.DataFrame(
        [
            {
                "usubjid": name,
                "paramcd": code,
                "param": words,
                "cnsr": int(draw.random() < 0.3),
                "duration_days": float(days),
                "entry_days": 0.0,
            }
            for code, words in (("OS", "Overall survival"), ("TTX", "Time to X"))
            for name, days in zip(names, draw.integers(20, 700, len(names)), strict=True)
            if code == "OS" or name not in without
        ]
    )
    datasets = {"adsl": adsl, "adtte": times}
    stored = compute(datasets, POPULATIONS, [dict(one, options=json.dumps(one["options"])) for one in PLAN])
    return Study(
        about={
            "study_id": "mine",
            "release_id": "r1",
            "title": "A study",
            "question": "A question?",
            "caveat": None,
            "data_cut_date": pd.Timestamp("2024-01-31"),
            "is_simulated": True,
        },
        populations=POPULATIONS,
        outputs=OUTPUTS,
        endpoints={"OS": "Overall survival", "TTX": "Time to X"},
        results=stored,
        datasets=lambda: datasets,
    )


@pytest.fixture(scope="session")
def study() -> Study:
    """Twenty patients a group: twelve at high risk and eight not, ten and ten."""
    return study_of(patients({"a": [True] * 12 + [False] * 8, "b": [True] * 10 + [False] * 10}))


@pytest.fixture(scope="session")
def of_patients() -> Callable[..., Study]:
    return lambda high, without=frozenset(): study_of(patients(high), frozenset(without))
