"""The analysis plan as objects: populations over adsl, groups within them, variables with unknown values kept apart.

Plan rows arrive as the tables study.population, study.output and study.analysis (or the same rows from YAML). What
cannot be executed, such as a column nobody publishes, is a PlanError naming the analysis, never a silent gap.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cartwright.analysis.plan.bounds import OPERATORS, ends_of, in_part
from cartwright.analysis.plan.months import days_to_months

if TYPE_CHECKING:
    from pandas import DataFrame, Series

ALL = "all"  # the one group of an analysis without groups
ASKS_SOME = ("describe", "missing")  # kinds that can leave out patients whom a question does not apply to
KNOWN_TYPES = ("binary", "categorical", "continuous")


class PlanError(ValueError):
    """The plan asks for something that the data or the program does not offer."""


@dataclass(frozen=True)
class Level:
    """A value with the words a reader sees for it."""

    level: str
    label: str


@dataclass(frozen=True)
class Variable:
    """One row of a table or one covariate.

    binary       0/1: a boolean column, or `column operator value`
    categorical  declared levels, compared as text
    continuous   numbers times `scale`
    """

    column: str
    label: str
    type: str = "binary"
    operator: str | None = None
    value: Any = None
    levels: tuple[Level, ...] = ()
    scale: float = 1.0
    digits: int = 0
    tests: tuple[str, ...] = ()
    dataset: str = "adsl"
    paramcd: str | None = None
    anchor: str | None = None  # column of adsl with the day that starts the course whose rows count
    compare_column: str | None = None  # what differs in the second of a pair: column, course or parameter
    compare_anchor: str | None = None
    compare_paramcd: str | None = None
    asked_of: str | None = None  # population the question applies to; of the others nothing is unknown
    at_least: str | None = None  # of a category known in part: column of what it is at least, above 0
    is_auxiliary: bool = False  # informs the imputation of the others; not itself in the model

    @property
    def name(self) -> str:
        """How results call the variable: the parameter if there is one, else the column."""
        return self.paramcd or self.column

    @property
    def level(self) -> str | None:
        """The level that counts as yes: 'high', '>60', or 'true' for a plain boolean."""
        if self.type != "binary":
            return None
        if self.operator is None:
            return "true"
        return str(self.value) if self.operator in ("=", "contains") else f"{self.operator}{self.value}"


@dataclass(frozen=True)
class Group:
    """A set of patients under a level of the analysis; `ids` are usubjid."""

    level: str
    label: str
    ids: frozenset[str]


@dataclass(frozen=True)
class Analysis:
    """One analysis of the plan, resolved against tonight's data: ready to be computed."""

    analysis_id: str
    output_id: str
    kind: str
    title: str
    population: str
    endpoint: str | None
    subjects: DataFrame
    groups: tuple[Group, ...]
    variables: tuple[Variable, ...]
    options: dict[str, Any]
    datasets: dict[str, DataFrame] = field(repr=False)
    populations: dict[str, frozenset[str]] = field(repr=False)

    def asked(self, ids: frozenset[str], population: str | None) -> frozenset[str]:
        """Those of the patients whom a question applies to: all, or the members of a declared population."""
        if population is None:
            return ids
        if population not in self.populations:
            raise PlanError(f"analysis {self.analysis_id}: population {population} is not declared")
        return ids & self.populations[population]

    def option(self, name: str) -> Any:
        """A method choice that the plan must spell out."""
        if name not in self.options:
            raise PlanError(f"analysis {self.analysis_id}: option {name} is missing from the analysis plan")
        return self.options[name]

    def months(self, days: float) -> float:
        """Days as months of the declared length."""
        return days_to_months(days, self.option("month_days"))


def _decoded(value: Any, empty: Any) -> Any:
    """A plan cell: JSON text from the study schema, or the native value from YAML."""
    if value is None or (isinstance(value, float) and value != value) or value == "":
        return empty
    return json.loads(value) if isinstance(value, str) else value


def _text(value: Any) -> str | None:
    return None if value is None or value != value or value == "" else str(value)


def compare(column: Series, operator: str, value: Any) -> Series:
    """Compare a column with a plan value: True, False, or missing where the column is unknown.

    Booleans and numbers are compared as such, everything else as text; `in` takes values separated by commas.
    """
    import pandas as pd

    known = column.notna()
    if operator == "known":
        return known
    if operator == "unknown":
        return ~known
    present = column[known]
    if operator in ("=", "!=", "in", "contains"):
        text = present.map(as_text)
        if operator == "in":
            hit = text.isin([part.strip() for part in str(value).split(",")])
        elif operator == "contains":  # element of a '+' joined list
            hit = text.map(lambda joined: str(value) in joined.split("+"))
        else:
            hit = (text == as_text(value)) == (operator == "=")
    elif operator in OPERATORS:
        numbers, limit = pd.to_numeric(present), float(value)
        hit = {">": numbers > limit, ">=": numbers >= limit, "<": numbers < limit, "<=": numbers <= limit}[operator]
    else:
        raise PlanError(f"unknown operator {operator!r} in the analysis plan")
    return hit.astype("boolean").reindex(column.index)


def judge(table: DataFrame, column: str, operator: str, value: Any) -> Series:
    """`compare` with a column of a table. A number that is known by a bound only is decided where both ends agree."""
    if operator not in OPERATORS:
        return compare(table[column], operator, value)
    least, greatest = ends_of(table, column)
    low, high = (
        compare(end.fillna(open_end), operator, value)
        for end, open_end in ((least, float("-inf")), (greatest, float("inf")))
    )
    return low.where(low == high)


def as_text(value: Any) -> str:
    """Codes as the plan writes them: true/false, whole numbers without a decimal point."""
    if isinstance(value, str):
        return value
    if value is True or value is False or type(value).__name__ == "bool_":
        return "true" if value else "false"
    if isinstance(value, float | int) or hasattr(value, "item"):
        number = float(value)
        return str(int(number)) if number.is_integer() else str(number)
    return str(value)


def population_ids(adsl: DataFrame, conditions: Iterable[dict[str, Any]]) -> frozenset[str]:
    """usubjid of the rows that satisfy every condition (column_name, operator, value); unknown does not satisfy."""
    import pandas as pd

    keep = pd.Series(True, index=adsl.index)
    for condition in conditions:
        column = condition["column_name"]
        if column not in adsl:
            raise PlanError(f"population {condition['population']}: adsl has no column {column}")
        keep &= judge(adsl, column, condition["operator"], condition["value"]).fillna(False).astype(bool)
    return frozenset(adsl.loc[keep, "usubjid"])


def values(variable: Variable, subjects: DataFrame, datasets: dict[str, DataFrame]) -> Series:
    """The variable for each subject, indexed by usubjid: 1.0/0.0, scaled numbers, or level text; unknown is missing."""
    if variable.type == "continuous":
        least, greatest = ends(variable, subjects, datasets)
        return least.where(least == greatest)
    rows = _rows_of(variable, subjects, datasets)
    if variable.type == "binary":
        operator, value = (variable.operator, variable.value) if variable.operator else ("=", "true")
        judged = judge(rows, variable.column, operator, value).astype("Float64").astype(float)
        return _of_subjects(judged, rows, subjects)
    raw = _of_subjects(rows[variable.column], rows, subjects)
    known = raw.map(as_text, na_action="ignore").astype(object).mask(raw.isna(), None)
    return known if variable.at_least is None else known.where(raw.notna(), _at_least(variable, subjects, datasets))


def ends(variable: Variable, subjects: DataFrame, datasets: dict[str, DataFrame]) -> tuple[Series, Series]:
    """Least and greatest that a continuous variable can be for each subject, scaled; both are one where it is known."""
    rows = _rows_of(variable, subjects, datasets)
    least, greatest = (_of_subjects(end, rows, subjects) for end in ends_of(rows, variable.column))
    return least * variable.scale, greatest * variable.scale


def bounds(variable: Variable, subjects: DataFrame, datasets: dict[str, DataFrame]) -> DataFrame:
    """Of whom a continuous variable is known by a bound only: least and greatest, by usubjid; nobody of other types."""
    if variable.type != "continuous":
        import pandas as pd

        return pd.DataFrame({"least": [], "greatest": []}, dtype=float)
    return in_part(*ends(variable, subjects, datasets))


def _at_least(variable: Variable, subjects: DataFrame, datasets: dict[str, DataFrame]) -> Series:
    """ "at least 3" of whom only the least grade is known; at least 0 says nothing."""
    rows = _rows_of(variable, subjects, datasets)
    least = _of_subjects(rows[variable.at_least], rows, subjects)
    said = least.map(lambda grade: f"at least {as_text(grade)}", na_action="ignore").astype(object)
    return said.mask(~(least > 0).fillna(False).astype(bool), None)


def compared(variable: Variable) -> Variable:
    """The second of a paired variable: another column, course or parameter of the same patients."""
    return replace(
        variable,
        column=variable.compare_column or variable.column,
        anchor=variable.compare_anchor or variable.anchor,
        paramcd=variable.compare_paramcd or variable.paramcd,
    )


def _rows_of(variable: Variable, subjects: DataFrame, datasets: dict[str, DataFrame]) -> DataFrame:
    """The rows that a variable is read from, at most one a patient.

    A patient whose course has several rows (two products on one day) has no one value: it is unknown, and stops nobody
    else's. Without a course it is the plan that does not say which row counts.
    """
    if variable.dataset == "adsl":
        return subjects
    table = parameter_rows(variable, variable.anchor, subjects, datasets)
    several = table["usubjid"].duplicated(keep=False)
    if several.any() and variable.anchor is None:
        raise PlanError(f"{variable.dataset}, {variable.paramcd}: more than one row for a patient, the plan needs one")
    return table[~several]


def _of_subjects(column: Series, rows: DataFrame, subjects: DataFrame) -> Series:
    """A column of these rows by usubjid, of all subjects."""
    import pandas as pd

    by_subject = column.set_axis(pd.Index(rows["usubjid"]))
    return by_subject if rows is subjects else by_subject.reindex(subjects["usubjid"])


def parameter_rows(
    variable: Variable, anchor: str | None, subjects: DataFrame, datasets: dict[str, DataFrame]
) -> DataFrame:
    """Rows of the variable's parameter for the subjects; with an anchor those of the course that started on that day.

    A course is named by its patient and its first day, `usubjid:YYYY-MM-DD`.
    """
    import pandas as pd

    table = datasets[variable.dataset]
    table = table[(table["paramcd"] == variable.paramcd) & table["usubjid"].isin(subjects["usubjid"])]
    if anchor is None:
        return table
    days = pd.to_datetime(subjects[anchor])
    known = days.notna()
    courses = subjects.loc[known, "usubjid"] + ":" + days[known].dt.strftime("%Y-%m-%d")
    return table[table["course_id"].isin(courses)]


def resolve(
    row: dict[str, Any],
    datasets: dict[str, DataFrame],
    populations: dict[str, frozenset[str]],
    rows_of: Callable[[str], DataFrame],
) -> Analysis:
    """A plan row with its population, groups and variables looked up. Raises PlanError for whatever is not there.

    rows_of: the rows of adsl of a population; adsl is wide, so the analyses of a population share one copy.
    """
    name = row["analysis_id"]
    adsl = datasets["adsl"]
    if row["population"] not in populations:
        raise PlanError(f"analysis {name}: population {row['population']} is not declared")
    subjects = rows_of(row["population"])
    analysis = Analysis(
        analysis_id=name,
        output_id=row["output_id"],
        kind=row["kind"],
        title=row["title"],
        population=row["population"],
        endpoint=_text(row.get("endpoint")),
        subjects=subjects,
        groups=_groups(row, subjects, populations),
        variables=tuple(variable_of(spec, name) for spec in _decoded(row.get("variables"), [])),
        options=_decoded(row.get("options"), {}),
        datasets=datasets,
        populations=populations,
    )
    for variable in analysis.variables:
        if variable.asked_of and analysis.kind not in ASKS_SOME:
            raise PlanError(f"analysis {name}: asked_of is for kinds {', '.join(ASKS_SOME)}")
        analysis.asked(frozenset(), variable.asked_of)
        table = datasets.get(variable.dataset)
        if table is None:
            raise PlanError(f"analysis {name}: there is no dataset {variable.dataset}")
        for column in filter(None, (variable.column, variable.compare_column)):
            if column not in table:
                raise PlanError(f"analysis {name}: {variable.dataset} has no column {column}")
        for anchor in filter(None, (variable.anchor, variable.compare_anchor)):
            if anchor not in adsl:
                raise PlanError(f"analysis {name}: adsl has no column {anchor}")
    return analysis


def variable_of(spec: dict[str, Any], analysis_id: str) -> Variable:
    """A variable from its plan row. Raises PlanError for unknown keys or types."""
    known = dict(spec)
    known["levels"] = levels_of(known.get("levels", []))
    known["tests"] = tuple(known.get("tests", []))
    known["scale"] = float(Fraction(str(known.get("scale", 1))))
    try:
        variable = Variable(**known)
    except TypeError as error:
        raise PlanError(f"analysis {analysis_id}: variable {spec.get('column')}: {error}") from None
    if variable.type not in KNOWN_TYPES:
        raise PlanError(f"analysis {analysis_id}: variable {variable.column}: type must be one of {KNOWN_TYPES}")
    return variable


def levels_of(specs: Iterable[dict[str, Any]]) -> tuple[Level, ...]:
    """Levels with labels from plan rows `{level, label}`."""
    return tuple(Level(str(spec["level"]), str(spec["label"])) for spec in specs)


def _groups(row: dict[str, Any], subjects: DataFrame, populations: dict[str, frozenset[str]]) -> tuple[Group, ...]:
    """Groups by a column of adsl, by named populations, or the whole population as one."""
    group_by, inside = _text(row.get("group_by")), frozenset(subjects["usubjid"])
    if group_by is None:
        return (Group(ALL, "All patients", inside),)
    groups = []
    for level in levels_of(_decoded(row.get("group_levels"), [])):
        if group_by == "population":
            if level.level not in populations:
                raise PlanError(f"analysis {row['analysis_id']}: population {level.level} is not declared")
            ids = populations[level.level]
        else:
            if group_by not in subjects:
                raise PlanError(f"analysis {row['analysis_id']}: adsl has no column {group_by}")
            hit = compare(subjects[group_by], "=", level.level).fillna(False).astype(bool)
            ids = frozenset(subjects.loc[hit, "usubjid"])
        groups.append(Group(level.level, level.label, ids & inside))
    return tuple(groups)
