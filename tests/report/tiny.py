"""Tables small enough to check by hand, and a shorthand to run one analysis on them."""

import math

import pandas as pd

from cartwright.analysis.plan.run import compute

EVERYBODY = {"population": "everybody", "column_name": "usubjid", "operator": "known", "value": None}


def patients(**columns):
    """adsl with patients p0, p1, ... and the columns given."""
    count = len(next(iter(columns.values())))
    return pd.DataFrame({"usubjid": [f"p{i}" for i in range(count)], **columns})


def times(durations, events, paramcd="OS"):
    """adtte of patients p0, p1, ... with 1 for an event."""
    return pd.DataFrame(
        {
            "usubjid": [f"p{i}" for i in range(len(durations))],
            "paramcd": paramcd,
            "param": paramcd,
            "duration_days": durations,
            "aval": [day + 1 for day in durations],
            "cnsr": [1 - event for event in events],
        }
    )


def groups(*levels):
    return [{"level": level, "label": level.upper()} for level in levels]


class Rows:
    """Results of one analysis, looked up by statistic and columns."""

    def __init__(self, results):
        self.results, self.ard = results, results["ard"]

    def one(self, statistic, **where):
        rows = self.ard[self.ard["statistic"] == statistic]
        for column, value in where.items():
            rows = rows[rows[column] == value]
        assert len(rows) == 1, f"{len(rows)} rows of {statistic} with {where}"
        return rows.iloc[0]

    def value(self, statistic, **where):
        return self.one(statistic, **where)["value"]

    def is_not_estimable(self, statistic, **where):
        row = self.one(statistic, **where)
        return math.isnan(row["value"]) and row["value_txt"] == "NE" and bool(row["flag"])


def run(kind, adsl, adtte=None, populations=(EVERYBODY,), **row):
    """Compute one analysis over everybody."""
    plan = {
        "analysis_id": "a",
        "output_id": "section.output",
        "seq": 1,
        "kind": kind,
        "title": "A",
        "population": "everybody",
        **row,
    }
    datasets = {"adsl": adsl} | ({} if adtte is None else {"adtte": adtte}) | plan.pop("datasets", {})
    return Rows(compute(datasets, populations, [plan]))
