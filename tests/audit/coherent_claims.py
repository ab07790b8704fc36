"""A small study whose printed figures agree with each other, made from counts and log ratios, to plant errors in."""

from __future__ import annotations

import math

import pandas as pd

from cartwright.analysis.audit.claims import COLUMNS
from cartwright.analysis.methods.compare import contingency_test, odds_ratio
from cartwright.analysis.methods.estimate import normal_p, normal_quantile

POPULATIONS = {"all": "all_120", "a": "a_70", "b": "b_50"}
SIZES = {"all": 120, "a": 70, "b": 50}


def claim(identifier: str, **fields) -> dict[str, str]:
    """One row of a claims file; what is not given is empty."""
    return {column: str(fields.get(column, "")) for column in COLUMNS} | {"id": identifier}


def file_of(*rows: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(COLUMNS), dtype=str)


def sizes() -> list[dict[str, str]]:
    return [
        claim(
            f"n.{group}",
            section="text",
            measure="cohort_size",
            population="all_120",
            group=group,
            statistic="n",
            value=n,
        )
        for group, n in SIZES.items()
    ]


def share(identifier: str, group: str, count: int, total: int | None = None, **fields) -> dict[str, str]:
    total = total or SIZES[group]
    return claim(
        identifier,
        **{
            "population": POPULATIONS.get(group, ""),
            "group": group,
            "statistic": "proportion",
            "value": f"{100 * count / total:.1f}",
            "numerator": count,
            "denominator": total,
            "unit": "%",
        }
        | fields,
    )


def p_text(p: float) -> dict[str, str]:
    if p < 0.0001:
        return {"p_value": "0.0001", "p_operator": "<"}
    if p > 0.99:
        return {"p_value": "0.99", "p_operator": ">"}
    return {"p_value": f"{p:.2f}" if p >= 0.01 else f"{p:.4f}", "p_operator": "="}


def compared(
    name: str, variable: str, level: str, a: tuple[int, int], b: tuple[int, int], **fields
) -> list[dict[str, str]]:
    """A row of a table of two groups: both shares and the p of Yates' test."""
    keys = {"section": "table1", "measure": "baseline", "variable": variable, "level": level} | fields
    p = contingency_test([[a[0], b[0]], [a[1] - a[0], b[1] - b[0]]], "yates").p
    return [
        share(f"t1.{name}.a", "a", *a, **keys, comparator="b"),
        share(f"t1.{name}.b", "b", *b, **keys, comparator="a"),
        claim(f"t1.{name}.p", population="all_120", group="a", comparator="b", statistic="p", **keys, **p_text(p)),
    ]


def ratio(identifier: str, log_ratio: float, se: float, statistic: str = "hr", **fields) -> dict[str, str]:
    half = normal_quantile(0.95) * se
    texts = {"value": log_ratio, "ci_low": log_ratio - half, "ci_high": log_ratio + half}
    return claim(
        identifier,
        statistic=statistic,
        population="all_120",
        group="all",
        **{name: f"{math.exp(x):.2f}" for name, x in texts.items()},
        **p_text(normal_p(log_ratio / se)),
        **fields,
    )


def model_table() -> list[dict[str, str]]:
    """Univariable results, and adjusted ones of those below 0.1."""
    rows = []
    for endpoint, shift in (("os", 0.0), ("pfs", 0.05)):
        for variable, level, beta, se in (
            ("age", ">60", 0.05, 0.25),
            ("sex", "male", 0.12, 0.26),
            ("stage", ">=3", 0.31, 0.27),
            ("bulky", "yes", 0.22, 0.28),
            ("ecog", ">=3", 0.90, 0.29),
            ("ipi", ">=3", 0.62, 0.25),
        ):
            keys = {
                "section": "table2",
                "measure": "survival",
                "endpoint": endpoint,
                "variable": variable,
                "level": level,
            }
            name = f"t2.{endpoint}.{{}}.{variable}"
            rows.append(ratio(name.format("uni"), beta + shift, se, test="cox_univariable", **keys))
            if normal_p((beta + shift) / se) < 0.1:
                rows.append(
                    ratio(name.format("multi"), beta + shift - 0.1, se + 0.05, test="cox_multivariable", **keys)
                )
    return rows


def medians(variable: str, unit: str, values: dict[str, tuple], section: str = "table1") -> list[dict[str, str]]:
    rows = []
    for group, (median, *quartiles) in values.items():
        keys = {
            "section": section,
            "measure": "baseline",
            "population": POPULATIONS[group],
            "group": group,
            "variable": variable,
            "unit": unit,
        }
        rows.append(claim(f"q.{variable}.median.{group}", statistic="median", value=median, **keys))
        if quartiles:
            rows.append(
                claim(f"q.{variable}.iqr.{group}", statistic="iqr", ci_low=quartiles[0], ci_high=quartiles[1], **keys)
            )
    p = {"section": section, "population": "all_120", "group": "a", "comparator": "b", "variable": variable}
    return [*rows, claim(f"q.{variable}.p", statistic="p", p_value="0.21", p_operator="=", **p)]


def response() -> list[dict[str, str]]:
    keys = {"section": "text", "measure": "response", "endpoint": "best_orr"}
    a, b = 30, 12
    p = contingency_test([[a, b], [70 - a, 50 - b]], "yates").p
    table = [[9, 31], [21, 9]]
    found = odds_ratio(table)
    margin = {"population": "a_70", "group": "a"}
    return [
        share("orr.a", "a", a, comparator="b", **keys),
        share("orr.b", "b", b, comparator="a", **keys),
        share("orr.all", "all", a + b, **keys),
        claim("orr.p", population="all_120", group="a", comparator="b", statistic="p", **keys, **p_text(p)),
        share("bridging.a", "a", 40, section="text", variable="bridging", level="yes"),
        share("local.a", "a", 42, 68, section="text", variable="local", level="yes"),
        ratio(
            "or.bridging",
            math.log(found.value),
            found.se,
            "or",
            test="logistic_univariable",
            section="text",
            endpoint="best_orr",
            variable="bridging",
            level="yes",
        )
        | margin,
    ]


def survival() -> list[dict[str, str]]:
    keys = {
        "measure": "survival",
        "endpoint": "os",
        "statistic": "median_survival",
        "test": "kaplan_meier_log",
        "unit": "months",
    }
    alive = {"measure": "survival", "endpoint": "alive_at_cutoff", "section": "text", "statistic": "n"}
    return [
        claim(
            "os.median.a",
            section="text",
            population="a_70",
            group="a",
            value="9.30",
            ci_low="7.10",
            ci_high="12.5",
            **keys,
        ),
        claim("abs.os.median.a", section="abstract", population="a_70", group="a", value="9.3", **keys),
        claim(
            "os.median.b",
            section="text",
            population="b_50",
            group="b",
            value="5.20",
            ci_low="3.90",
            ci_high="8.1",
            **keys,
        ),
        claim("alive.all", population="all_120", group="all", value=25, **alive),
        claim("alive.a", population="a_70", group="a", value=15, **alive),
    ]


def coherent() -> pd.DataFrame:
    known = {"section": "table1", "measure": "baseline", "variable": "marker"}
    histology = {
        "section": "text",
        "measure": "baseline",
        "population": "all_120",
        "group": "all",
        "variable": "histology",
        "statistic": "count",
    }
    return file_of(
        *sizes(),
        *compared("male", "sex", "male", (40, 70), (28, 50)),
        *compared("cns", "cns", "yes", (9, 70), (4, 50)),
        *compared("stage", "stage", ">=3", (61, 70), (39, 50)),
        *compared("marker", "marker", "positive", (33, 60), (20, 45)),
        share("t1.marker_neg.a", "a", 27, 60, level="negative", comparator="b", **known),
        share("t1.marker_neg.b", "b", 25, 45, level="negative", comparator="a", **known),
        claim(
            "t1.marker_neg.p",
            population="all_120",
            group="a",
            comparator="b",
            statistic="p",
            level="negative",
            **known,
            **p_text(contingency_test([[33, 20], [27, 25]], "yates").p),
        ),
        claim(
            "fn.marker",
            section="table1.footnote",
            measure="missing",
            population="all_120",
            group="all",
            variable="marker",
            level="unknown",
            statistic="count",
            value=15,
        ),
        share("male.all", "all", 68, section="text", variable="sex", level="male"),
        *(claim(f"hist.{name}", level=name, value=n, **histology) for name, n in (("x", 60), ("y", 40), ("z", 20))),
        *medians("age", "years", {"all": (55, 46, 64), "a": (54, 45, 62), "b": (57, 48, 66)}),
        *medians("ldh", "u/l", {"all": (260,), "a": (250,), "b": (275,)}),
        claim(
            "dose.target",
            section="methods",
            measure="treatment",
            population="a_70",
            group="a",
            variable="infusion_dose",
            level="target",
            statistic="threshold",
            value="2",
            unit="10^6 cells/kg",
        ),
        claim(
            "dose.median",
            section="text",
            population="a_70",
            group="a",
            variable="infusion_dose",
            statistic="median",
            value="1.21",
            unit="10^6 cells/kg",
        ),
        claim(
            "dose.iqr",
            section="text",
            population="a_70",
            group="a",
            variable="infusion_dose",
            statistic="iqr",
            ci_low="0.4",
            ci_high="2.1",
            unit="10^6 cells/kg",
        ),
        share("dose.below", "a", 48, section="text", variable="infusion_dose", level="<target"),
        claim(
            "ferritin",
            section="text",
            population="a_70",
            group="a",
            variable="ferritin_peak",
            statistic="median",
            value="2090",
            unit="ng/ml",
        ),
        claim(
            "entry",
            section="methods",
            measure="model_entry",
            population="all",
            variable="univariate_p",
            level="<",
            statistic="threshold",
            value="0.1",
        ),
        *model_table(),
        *response(),
        *survival(),
    )


def statements() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "id": "s1",
                "population": "a_70",
                "group": "a",
                "if_variable": "bridging",
                "if_level": "yes",
                "then_variable": "local",
                "then_level": "yes",
                "sentence": "bridging for local disease only",
            }
        ]
    )
