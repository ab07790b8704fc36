"""The plan of a study and its results as one reporting event of CDISC's Analysis Results Standard (ARS 1.0, JSON).

Every analysis of the plan is an analysis there: its method is its kind, an operation of it each statistic, a limit of
it an operation of its own. Groups of the study are prespecified; variables, levels and comparators are data-driven.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import duckdb

from cartwright.warehouse.cdisc.shape import Shaped
from cartwright.warehouse.cdisc.study import About

_COMPARATORS = {"=": "EQ", "in": "IN", "<>": "NE", ">=": "GE", "<=": "LE", ">": "GT", "<": "LT"}
_GROUPING = "G.TREATMENT"
# Columns of results.ard that tell what a number is of, and the grouping that each is told as.
_TOLD = {"comparator": "G.COMPARATOR", "variable": "G.VARIABLE", "variable_level": "G.LEVEL"}
Row = Mapping[str, Any]


def reporting_event(con: duckdb.DuckDBPyConnection, about: About, adsl: Shaped) -> bytes:
    """The file. con: the release whose data sets were shaped."""
    analyses, results = _rows(con, "study.analysis"), _rows(con, "results.ard")
    groups = {row["group_code"]: row for row in _rows(con, "study.study_group")}
    outputs = _rows(con, "study.output")
    of_analysis: dict[str, list[Row]] = defaultdict(list)
    for row in results:
        of_analysis[row["analysis_id"]].append(row)
    variables = {v.column: v.name for v in adsl.variables if v.column}
    event = {
        "id": f"{about.study_oid}.{about.release_id}",
        "version": 1,
        "name": about.title,
        "description": f"{about.originator}. Data cut {about.data_cut_date}; release {about.release_id}.",
        "mainListOfContents": _contents(analyses, outputs),
        "analysisSets": list(_sets(_rows(con, "study.population"), variables)),
        "dataSubsets": list(_subsets(_rows(con, "study.endpoint"))),
        "analysisGroupings": _groupings(groups.values()),
        "dataGroupings": [{"id": grouping, "label": column, "dataDriven": True} for column, grouping in _TOLD.items()],
        "methods": list(_methods(analyses, of_analysis)),
        "analyses": [_analysis(row, of_analysis[row["analysis_id"]], groups) for row in analyses],
        "outputs": [_output(row) for row in outputs],
    }
    return (json.dumps(event, ensure_ascii=False, indent=1, default=str) + "\n").encode()


def _rows(con: duckdb.DuckDBPyConnection, table: str) -> list[dict[str, Any]]:
    answer = con.execute(f"SELECT * FROM {table} ORDER BY ALL")
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _contents(analyses: Iterable[Row], outputs: Iterable[Row]) -> dict[str, Any]:
    inside: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(analyses, key=lambda r: (r["output_id"], r["seq"])):
        inside[row["output_id"]].append(row)
    items = [
        {
            "name": output["title"],
            "level": 1,
            "order": order,
            "outputId": output["output_id"],
            "sublist": {
                "listItems": [
                    {
                        "name": row["title"] or row["analysis_id"],
                        "level": 2,
                        "order": i,
                        "analysisId": row["analysis_id"],
                    }
                    for i, row in enumerate(inside[output["output_id"]], 1)
                ]
            },
        }
        for order, output in enumerate(sorted(outputs, key=lambda r: (r["seq"], r["output_id"])), 1)
    ]
    return {"name": "Analyses and outputs", "contentsList": {"listItems": items}}


def _sets(populations: Iterable[Row], variables: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    """A population of one condition is a set; one of several is a set of sets, one a condition."""
    parts: dict[str, list[Row]] = defaultdict(list)
    for row in populations:
        parts[row["population"]].append(row)
    order = 0
    for name, rows in parts.items():
        conditions = [
            _condition("ADSL", variables.get(row["column_name"], row["column_name"].upper()), row) for row in rows
        ]
        order += 1
        if len(conditions) == 1:
            yield {"id": f"AS.{name}", "label": name, "level": 1, "order": order, "condition": conditions[0]}
            continue
        ids = [f"AS.{name}.{i}" for i in range(1, len(conditions) + 1)]
        yield {
            "id": f"AS.{name}",
            "label": name,
            "level": 1,
            "order": order,
            "compoundExpression": {"logicalOperator": "AND", "whereClauses": ids},
        }
        for i, (part, condition) in enumerate(zip(ids, conditions, strict=True), 1):
            yield {"id": part, "label": f"{name}, part {i}", "level": 2, "order": i, "condition": condition}


def _condition(data_set: str, variable: str, row: Row) -> dict[str, Any]:
    if row["operator"] == "known":
        return {"dataset": data_set, "variable": variable, "comparator": "NE", "value": [""]}
    values = row["value"].split(",") if row["operator"] == "in" else [row["value"]]
    flags = {"true": "Y", "false": "N"}
    return {
        "dataset": data_set,
        "variable": variable,
        "comparator": _COMPARATORS[row["operator"]],
        "value": [flags.get(value, value) for value in values],
    }


def _subsets(endpoints: Iterable[Row]) -> Iterable[dict[str, Any]]:
    for order, row in enumerate(sorted(endpoints, key=lambda r: r["seq"]), 1):
        condition = {"dataset": "ADTTE", "variable": "PARAMCD", "comparator": "EQ", "value": [row["paramcd"]]}
        yield {"id": _subset(row["paramcd"]), "label": row["param"], "level": 1, "order": order, "condition": condition}


def _subset(paramcd: str) -> str:
    return f"DS.{paramcd}"


def _groupings(groups: Iterable[Row]) -> list[dict[str, Any]]:
    grouping: dict[str, Any] = {
        "id": _GROUPING,
        "label": "Groups of the study",
        "groupingDataset": "ADSL",
        "groupingVariable": "TRT01P",
        "dataDriven": False,
    }
    grouping["groups"] = [
        {
            "id": _group(row["group_code"]),
            "label": row["label"],
            "level": 1,
            "order": row["seq"],
            "condition": {"dataset": "ADSL", "variable": "TRT01P", "comparator": "EQ", "value": [row["label"]]},
        }
        for row in groups
    ]
    return [grouping, {"id": "G.GROUP", "label": "Other groups of an analysis", "dataDriven": True}]


def _group(code: str) -> str:
    return f"{_GROUPING}.{code}"


def _methods(analyses: Iterable[Row], results: Mapping[str, list[Row]]) -> Iterable[dict[str, Any]]:
    """One a kind of analysis; its operations are the statistics that analyses of the kind have."""
    statistics: dict[str, set[str]] = defaultdict(set)
    words: dict[str, set[str]] = defaultdict(set)
    for analysis in analyses:
        kind = analysis["kind"]
        for row in results[analysis["analysis_id"]]:
            statistics[kind].update(name for name, _ in _values(row))
            words[kind].update([row["method"]] if row["method"] else [])
        statistics[kind] |= set()
    for kind in sorted(statistics):
        yield {
            "id": f"M.{kind}",
            "name": kind,
            "description": "; ".join(sorted(words[kind])) or "Drawn from other analyses: no number of its own.",
            "operations": [
                {"id": _operation(kind, name), "name": name, "order": order}
                for order, name in enumerate(sorted(statistics[kind]), 1)
            ],
        }


def _operation(kind: str, statistic: str) -> str:
    return f"OP.{kind}.{statistic}"


def _values(row: Row) -> Iterable[tuple[str, str]]:
    """The statistics of a row of results, each with its value as text, unrounded."""
    if row["value"] is not None or row["value_txt"] is not None:
        yield row["statistic"], repr(row["value"]) if row["value"] is not None else row["value_txt"]
    for limit in ("ci_low", "ci_high"):
        if row[limit] is not None:
            yield f"{row['statistic']}.{limit}", repr(row[limit])


def _analysis(analysis: Row, results: Iterable[Row], groups: Mapping[str, Row]) -> dict[str, Any]:
    options = json.loads(analysis["options"] or "{}")
    endpoint = analysis["endpoint"]
    found: dict[str, Any] = {
        "id": analysis["analysis_id"],
        "version": 1,
        "name": analysis["title"] or analysis["analysis_id"],
        "reason": {"controlledTerm": "SPECIFIED IN SAP"},
        "purpose": {
            "controlledTerm": "PRIMARY OUTCOME MEASURE" if options.get("headline") else "EXPLORATORY OUTCOME MEASURE"
        },
        "methodId": f"M.{analysis['kind']}",
        "dataset": "ADTTE" if endpoint else "ADSL",
        "variable": "AVAL" if endpoint else "USUBJID",
        "results": [_result(analysis["kind"], row, groups, *told) for row in results for told in _values(row)],
    }
    if analysis["population"]:
        found["analysisSetId"] = f"AS.{analysis['population']}"
    if endpoint:
        found["dataSubsetId"] = _subset(endpoint)
    if analysis["group_by"]:
        grouping = _GROUPING if analysis["group_by"] == "group_code" else "G.GROUP"
        found["orderedGroupings"] = [{"order": 1, "groupingId": grouping, "resultsByGroup": True}]
    return found


def _result(kind: str, row: Row, groups: Mapping[str, Row], statistic: str, value: str) -> dict[str, Any]:
    told: list[dict[str, str]] = []
    if row["group_level"] in groups:
        told.append({"groupingId": _GROUPING, "groupId": _group(row["group_level"])})
    elif row["group_level"]:
        told.append({"groupingId": "G.GROUP", "groupValue": row["group_level"]})
    told += [{"groupingId": grouping, "groupValue": str(row[c])} for c, grouping in _TOLD.items() if row[c] is not None]
    result: dict[str, Any] = {"operationId": _operation(kind, statistic), "rawValue": value}
    if told:
        result["resultGroups"] = told
    return result


def _output(row: Row) -> dict[str, Any]:
    display: dict[str, Any] = {"id": f"D.{row['output_id']}", "name": row["title"], "displayTitle": row["title"]}
    if row["footnote"]:
        note = {"order": 1, "subSection": {"id": f"F.{row['output_id']}", "text": row["footnote"]}}
        display["displaySections"] = [{"sectionType": "Footnote", "orderedSubSections": [note]}]
    return {
        "id": row["output_id"],
        "version": 1,
        "name": row["title"],
        "displays": [{"order": 1, "display": display}],
    }
