"""Whether a plan can be executed, as far as is seen without data: kinds, options, methods, tests, columns, levels.

What is said here of a row stands in plan_rules; `resolve` and the kinds check again, with the data.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

from cartwright.analysis.plan.definition import ASKS_SOME, KNOWN_TYPES, Variable
from cartwright.analysis.plan.rules import (
    COUNT_TESTS,
    LIST_OPTIONS,
    METHODS,
    OF_ANY_KIND,
    ORDER_TESTS,
    PAIR_TESTS,
    RULES,
    SAMPLE_TESTS,
    Rule,
)
from cartwright.analysis.plan.shape import Place, Problem, is_level, is_number, shape_problems

Unknown = Callable[[str, object, Collection[str]], tuple[str, str]]  # words for a name that is not among the known
_ALL_TESTS = (*COUNT_TESTS, *ORDER_TESTS, *SAMPLE_TESTS, *PAIR_TESTS)
_COLUMN_OPTIONS = {"time": "adtte", "entry": "adtte", "left_at": "adsl"}
_KEYS = tuple(field.name for field in fields(Variable))


class Offered(NamedTuple):
    """What a study has to compute from.

    columns: dataset -> column -> number, flag, date or code. codes: (dataset, column) -> its codes, where known.
    endpoints: parameters of adtte. steps: datasets with the steps of a funnel; has_criteria: whether `funnel` has any.
    """

    columns: Mapping[str, Mapping[str, str]]
    codes: Mapping[tuple[str, str], Collection[str]]
    endpoints: Collection[str]
    steps: Collection[str]
    has_criteria: bool


def problems(plan: Mapping[str, Sequence[Mapping[str, Any]]], offered: Offered, unknown: Unknown) -> Iterator[Problem]:
    """Everything in the plan (populations, outputs, analyses as rows) that could not be executed."""
    check = _Check(plan, offered, unknown)
    for number, row in enumerate(plan["populations"]):
        yield from check.population(("populations", number), row)
    for number, row in enumerate(plan["analyses"]):
        misshapen = [(("analyses", number, *place), what, remedy) for place, what, remedy in shape_problems(row)]
        yield from misshapen or check.analysis(("analyses", number), row)
    yield from check.figures()


class _Check:
    def __init__(self, plan: Mapping[str, Sequence[Mapping[str, Any]]], offered: Offered, unknown: Unknown) -> None:
        self.plan, self.offered, self.unknown = plan, offered, unknown
        self.populations = {row["population"] for row in plan["populations"]}
        self.analyses = {row["analysis_id"] for row in plan["analyses"]}

    def population(self, place: Place, row: Mapping[str, Any]) -> Iterator[Problem]:
        yield from self.column((*place, "column_name"), row["column_name"], "adsl")
        held, value = self.offered.columns["adsl"].get(row["column_name"]), row["value"]
        if row["operator"] in ("=", "!=", "in") and value is None:
            yield (*place, "value"), "there is no value to compare with", "write it, or ask for `known` or `unknown`"
        elif row["operator"] in ("=", "!=") and held == "number" and not is_number(value):
            yield (*place, "value"), f'"{value}" is no number', f'"{row["column_name"]}" is one: compare with a number'
        elif row["operator"] in ("=", "!=", "in"):
            asked = str(row["value"]).split(",") if row["operator"] == "in" else [row["value"]]
            for code in asked:
                yield from self.code((*place, "value"), code, "adsl", row["column_name"])
        elif row["operator"] in (">", ">=", "<", "<=") and not is_number(row["value"]):
            yield (*place, "value"), f'"{row["value"]}" is no number', f"{row['operator']} compares with a number"

    def analysis(self, place: Place, row: Mapping[str, Any]) -> Iterator[Problem]:
        rule = RULES.get(row["kind"])
        if rule is None:
            yield (*place, "kind"), *self.unknown("kind of analysis", row["kind"], RULES)
            return
        yield from self.options(place, row, rule)
        yield from self.endpoint(place, row, rule)
        yield from self.groups(place, row, rule)
        yield from self.variables(place, row, rule)
        yield from self.sources(place, row)

    def options(self, place: Place, row: Mapping[str, Any], rule: Rule) -> Iterator[Problem]:
        options, place = row["options"], (*place, "options")
        known = {*rule.options, *rule.may, *OF_ANY_KIND}
        strange = [name for name in options if name not in known]
        for name in strange:
            yield (*place, name), *self.unknown(f'option of kind "{row["kind"]}"', name, known)
        if not strange:  # else it is the one that was misspelt
            for name in (*rule.options, *asked_for(row)):
                if name not in options:
                    yield place, f'the kind "{row["kind"]}" needs the option "{name}"', "write it"
        for name, value in options.items():
            for said in value if isinstance(value, list) else [value]:
                if name in METHODS and said not in METHODS[name]:
                    yield (*place, name), *self.unknown(f"choice of {name}", said, METHODS[name])
            if name in LIST_OPTIONS and not isinstance(value, list):
                yield (*place, name), f"the option {name} is a list", "write it in brackets: [...]"
            if name == "month_days" and not is_number(value):
                yield (*place, name), f'"{value}" is no number of days', "write 365/12"
            if name in _COLUMN_OPTIONS and isinstance(value, str):
                dataset = "adtr" if name == "time" and row["kind"] == "spider" else _COLUMN_OPTIONS[name]
                yield from self.column((*place, name), value, dataset)

    def endpoint(self, place: Place, row: Mapping[str, Any], rule: Rule) -> Iterator[Problem]:
        endpoint, at = row["endpoint"], (*place, "endpoint")
        if rule.endpoint is None:
            if endpoint is not None:
                yield at, f'the kind "{row["kind"]}" has no endpoint', "remove it"
        elif endpoint is None:
            yield place, f'the kind "{row["kind"]}" needs an endpoint', "name it as `endpoint`"
        elif rule.endpoint == "column":
            yield from self.column(at, endpoint, "adsl")
            if self.offered.columns["adsl"].get(endpoint, "flag") != "flag":
                yield at, f'"{endpoint}" is no yes/no column', "name a flag of adsl"
        elif endpoint not in self.offered.endpoints:
            yield at, *self.unknown("endpoint of the protocol", endpoint, self.offered.endpoints)
        outer = row["options"].get("outer_endpoint")
        if outer is not None and outer not in self.offered.endpoints:
            where = (*place, "options", "outer_endpoint")
            yield where, *self.unknown("endpoint of the protocol", outer, self.offered.endpoints)

    def groups(self, place: Place, row: Mapping[str, Any], rule: Rule) -> Iterator[Problem]:
        by, levels = row["group_by"], row["group_levels"]
        if rule.groups is None and (by is not None or levels):
            yield (*place, "group_by"), f'the kind "{row["kind"]}" has no groups', "remove group_by and group_levels"
            return
        if (by is None) is not (not levels):
            yield (*place, "group_by"), "groups need both group_by and group_levels", "write both, or neither"
            return
        at = (*place, "group_levels")
        if rule.groups == "two" and len(levels) != 2:
            yield at, f'the kind "{row["kind"]}" compares exactly two groups, not {len(levels)}', "name two"
        if rule.groups == "one or two" and len(levels) > 2:
            yield at, f'the kind "{row["kind"]}" has one group or compares two, not {len(levels)}', "name one or two"
        if rule.groups == "several" and len(levels) < 2:
            yield at, f'the kind "{row["kind"]}" compares groups', "name two or more"
        yield from self.levels(at, levels)
        named = [(number, level["level"]) for number, level in enumerate(levels) if is_level(level)]
        if by == "population":
            for number, name in named:
                if name not in self.populations:
                    yield (*at, number, "level"), *self.unknown("population", name, self.populations)
        elif by is not None:
            yield from self.column((*place, "group_by"), by, "adsl")
            for number, name in named:
                yield from self.code((*at, number, "level"), name, "adsl", by)

    def levels(self, place: Place, levels: Any) -> Iterator[Problem]:
        """Levels are rows of level and label, each level once."""
        seen = set()
        for number, level in enumerate(levels if isinstance(levels, list) else []):
            if not is_level(level):
                yield (*place, number), "a level has a `level` and a `label`", "write {level: ..., label: ...}"
            elif level["level"] in seen:
                yield (*place, number, "level"), f'"{level["level"]}" is a level twice', "keep one of them"
            else:
                seen.add(level["level"])

    def variables(self, place: Place, row: Mapping[str, Any], rule: Rule) -> Iterator[Problem]:
        variables, place = row["variables"], (*place, "variables")
        if rule.variables is None and variables:
            yield place, f'the kind "{row["kind"]}" has no variables', "remove them"
            return
        if rule.variables == "some" and not variables:
            yield place[:-1], f'the kind "{row["kind"]}" needs variables', "list columns as `variables`"
        if rule.variables == "one" and len(variables) != 1:
            yield place[:-1], f'the kind "{row["kind"]}" needs one variable, not {len(variables)}', "name one"
        for number, variable in enumerate(variables):
            yield from self.variable((*place, number), variable, row)

    def variable(self, place: Place, variable: Any, row: Mapping[str, Any]) -> Iterator[Problem]:
        if not isinstance(variable, dict):
            yield place, "a variable is a row of entries", "write {column: ..., label: ...}"
            return
        for key in variable:
            if key not in _KEYS:
                yield (*place, key), *self.unknown("key of a variable", key, _KEYS)
        for key in ("column", "label"):
            if key not in variable:
                yield place, f'"{key}" is missing', "write it"
        dataset = variable.get("dataset", "adsl")
        if dataset not in self.offered.columns:
            yield (*place, "dataset"), *self.unknown("dataset", dataset, self.offered.columns)
            return
        for key, where in (
            ("column", dataset),
            ("compare_column", dataset),
            ("at_least", dataset),
            ("anchor", "adsl"),
            ("compare_anchor", "adsl"),
        ):
            if isinstance(variable.get(key), str):
                yield from self.column((*place, key), variable[key], where)
        for key in ("paramcd", "compare_paramcd"):
            yield from self.code((*place, key), variable.get(key), dataset, "paramcd")
        if (asked := variable.get("asked_of")) is not None and asked not in self.populations:
            yield (*place, "asked_of"), *self.unknown("population", asked, self.populations)
        elif asked is not None and row["kind"] not in ASKS_SOME:
            yield (*place, "asked_of"), f"asked_of is for the kinds {', '.join(ASKS_SOME)}", "remove it"
        if "scale" in variable and not is_number(variable["scale"]):
            yield (*place, "scale"), f'"{variable["scale"]}" is no factor', "write a number or a fraction like 12/365"
        yield from self.typed(place, variable, dataset, row)

    def typed(self, place: Place, variable: dict[str, Any], dataset: str, row: Mapping[str, Any]) -> Iterator[Problem]:
        """The type fits the column, values its codes, tests the type."""
        kind, column = variable.get("type", "binary"), variable.get("column", "")
        held = self.offered.columns[dataset].get(column)
        if kind not in KNOWN_TYPES:
            yield (*place, "type"), *self.unknown("type of a variable", kind, KNOWN_TYPES)
            return
        if kind == "continuous" and held in ("code", "date", "flag"):
            remedy = "leave the type out" if held == "flag" else "write type: categorical"
            yield (*place, "type"), f'"{column}" is a {held}, no number', remedy
        is_plain = kind == "binary" and "operator" not in variable
        if is_plain and held not in ("flag", None) and row["kind"] in _COUNTS:
            remedy = "write operator and value, or a type (continuous, categorical)"
            yield (*place, "column"), f'"{column}" is a {held}, no yes/no column', remedy
        if variable.get("operator") in ("=", "!="):
            yield from self.code((*place, "value"), variable.get("value"), dataset, column)
        yield from self.levels((*place, "levels"), variable.get("levels", []))
        for number, level in enumerate(variable.get("levels", [])):
            if is_level(level) and kind == "categorical":
                yield from self.code((*place, "levels", number, "level"), level["level"], dataset, column)
        for number, test in enumerate(variable.get("tests", [])):
            yield from self.test((*place, "tests", number), test, kind, variable, row["kind"])

    def test(self, place: Place, test: Any, kind: str, variable: dict[str, Any], of: str) -> Iterator[Problem]:
        if test not in _ALL_TESTS:
            yield place, *self.unknown("test", test, _ALL_TESTS)
            return
        fitting = SAMPLE_TESTS if kind == "continuous" else (*COUNT_TESTS, *ORDER_TESTS)
        if test in PAIR_TESTS:
            if of != "paired":
                yield place, f'"{test}" is a test of pairs, and "{of}" compares none', f"use {' or '.join(fitting)}"
        elif test not in fitting:
            yield place, f'"{test}" is no test of a {kind} variable', f"use {' or '.join(fitting)}"
        elif test in ORDER_TESTS and kind != "continuous" and len(variable.get("levels", [])) < 3:
            yield place, f'"{test}" needs three or more levels in their order', "list them, or use another test"

    def sources(self, place: Place, row: Mapping[str, Any]) -> Iterator[Problem]:
        """Other analyses that it reads, and the steps of a funnel."""
        options = row["options"]
        if row["kind"] in ("forest", "evalue") and isinstance(options.get("sources"), list):
            for number, name in enumerate(options["sources"]):
                if name not in self.analyses:
                    yield (*place, "options", "sources", number), *self.unknown("analysis", name, self.analyses)
        if row["kind"] == "funnel" and "steps" in options:
            at = (*place, "options", "steps")
            if options["steps"] not in self.offered.steps:
                yield at, *self.unknown("table of steps", options["steps"], self.offered.steps)
            elif options["steps"] == "funnel" and not self.offered.has_criteria:
                yield at, "a funnel without steps: the protocol has no criteria", "declare criteria, or drop the funnel"

    def figures(self) -> Iterator[Problem]:
        """An output that is a figure has an analysis that names its form."""
        drawn = {row["output_id"] for row in self.plan["analyses"] if "figure" in row["options"]}
        used = {row["output_id"] for row in self.plan["analyses"]}
        for number, output in enumerate(self.plan["outputs"]):
            if output["kind"] == "figure" and output["output_id"] in used - drawn:
                what = f'no analysis says which form the figure "{output["output_id"]}" has'
                yield ("outputs", number), what, f"write the option figure: {', '.join(METHODS['figure'])}"

    def column(self, place: Place, name: str, dataset: str) -> Iterator[Problem]:
        known = self.offered.columns.get(dataset, {})
        if name not in known:
            yield place, *self.unknown(f"column of {dataset}", name, known)

    def code(self, place: Place, code: Any, dataset: str, column: str | None) -> Iterator[Problem]:
        known = self.offered.codes.get((dataset, column or ""))
        text = str(code).lower() if isinstance(code, bool) else str(code).strip()
        if known and code is not None and text not in known:
            yield place, *self.unknown(f"code of {dataset}.{column}", text, known)


_COUNTS = ("describe", "proportion", "paired")  # kinds in which a variable without a type is yes or no


def asked_for(row: Mapping[str, Any]) -> Iterator[str]:
    """Options that become due by what else the row says."""
    options, variables = row["options"], [v for v in row["variables"] if isinstance(v, dict)]
    if row["kind"] in ("describe", "paired") and any(v.get("type") == "continuous" for v in variables):
        yield "quantiles"
    if row["kind"] == "proportion" and len(row["group_levels"]) == 2:
        yield "difference"
    if options.get("figure") == "km":
        yield "at_risk_months"
    if row["kind"] == "weighted":
        yield from ("imputations", "cycles") if "imputations" in options else ("resamples",)
