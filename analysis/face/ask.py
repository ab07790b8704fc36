"""What a study declares, what its night stored, and an analysis of it with other parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cartwright.analysis.face.study import Result, Row, Study, free_name, of_analysis
from cartwright.analysis.plan.definition import PlanError, compare
from cartwright.analysis.plan.rules import METHODS, OF_ANY_KIND, RULES
from cartwright.analysis.plan.run import READERS, compute
from cartwright.analysis.plan.shape import shape_problems

if TYPE_CHECKING:
    from pandas import DataFrame

_LISTED = ("analysis_id", "kind", "title", "population", "endpoint", "group_by")


def plan(study: Study) -> DataFrame:
    """The analyses that the study declares, a row each, in the order of its report.

    Columns: analysis_id, kind, title, population, endpoint, group_by, levels and months (by comma), output_id.
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                **{column: row[column] for column in _LISTED},
                "levels": ", ".join(str(level["level"]) for level in row["group_levels"]),
                "months": ", ".join(map(str, row["options"].get(_months_option(row["kind"]), []))),
                "output_id": row["output_id"],
            }
            for row in study.analyses()
        ]
    )


def stored(study: Study, analysis_id: str) -> Result:
    """What the night found. Raises PlanError for an analysis that the release does not have."""
    return Result(study, study.analysis(analysis_id), of_analysis(study.results, analysis_id))


def rerun(
    study: Study,
    analysis_id: str,
    *,
    population: str | None = None,
    subgroup: Sequence[tuple[str, str, Any]] = (),
    endpoint: str | None = None,
    group: str | None = None,
    levels: Sequence[str] | Mapping[str, str] | None = None,
    months: Sequence[int] | None = None,
    **options: Any,
) -> Result:
    """One analysis of the plan once more, with what is given here in place of what the plan says.

    population  name of a declared population
    subgroup    conditions (column of adsl, operator, value) that patients must meet, too: [("column", ">=", 65)]
    endpoint    paramcd of adtte
    group       column of adsl, or "population" when the levels are populations; "" for everybody as one
    levels      values of the groups in their order, or value -> label; needed with another group
    months      times at which survival is told, or up to which the restricted mean goes: whole months
    options     other options of this kind of analysis (docs/studies.md): conf_type="log-log", ties="breslow"

    Without any of them the result equals the stored one. Limits are those of 95 %: a plan can ask for no other.
    Raises PlanError for what plan, program or data do not offer, and for an analysis that reads others.
    """
    row = study.analysis(analysis_id)
    if row["kind"] in READERS:
        raise PlanError(f"analysis {analysis_id} ({row['kind']}) reads what others found: run those")
    if months is not None:
        name = _months_option(row["kind"])
        if name is None:
            raise PlanError(f"analysis {analysis_id}: the kind {row['kind']} has no months")
        options[name] = list(months)
    asked = {**row, "options": {**row["options"], **options}, "endpoint": endpoint or row["endpoint"]}
    asked["population"], added = _patients(study, population or row["population"], subgroup)
    asked["group_by"], asked["group_levels"] = _groups(row, group, levels)
    return run(study, [asked], added)[0]


def run(study: Study, asked: Sequence[Row], populations: Sequence[Row] = ()) -> list[Result]:
    """Rows of a plan computed on the study's data, each a result; `populations`: rows that the study does not have.

    Raises PlanError, listing every defect, for what program or data do not offer.
    """
    every = [*study.populations, *populations]
    if defects := [f"analysis {row['analysis_id']}: {said}" for row in asked for said in _defects(study, row, every)]:
        raise PlanError("\n".join(defects))
    named = {name for row in asked for name in _populations_of(row)}
    found = compute(study.datasets(), [row for row in every if row["population"] in named], asked)
    return [Result(study, dict(row), of_analysis(found, row["analysis_id"]), tuple(populations)) for row in asked]


def _populations_of(row: Row) -> Iterator[str]:
    """The populations that an analysis names."""
    yield row["population"]
    yield from (level["level"] for level in row["group_levels"] if row["group_by"] == "population")
    for variable in row["variables"]:
        yield from filter(None, [variable.get("asked_of")])
    yield from row["options"].get("asked_of", {}).values()


def _months_option(kind: str) -> str | None:
    """The option of this kind that lists months, if there is one."""
    offered = {*RULES[kind].options, *RULES[kind].may}
    return next((name for name in ("landmarks_months", "tau_months") if name in offered), None)


def _patients(study: Study, population: str, subgroup: Sequence[tuple[str, str, Any]]) -> tuple[str, Sequence[Row]]:
    """The name of the population; with a subgroup a new name and the rows that make it."""
    conditions = [row for row in study.populations if row["population"] == population]
    names = {row["population"] for row in study.populations}
    if not conditions:
        raise PlanError(f"the study has no population {population}; it has {', '.join(sorted(names))}")
    if not subgroup:
        return population, ()
    name = free_name(f"{population}_subgroup", names)
    further = [{"column_name": column, "operator": sign, "value": value} for column, sign, value in subgroup]
    return name, [{**row, "population": name} for row in (*conditions, *further)]


def _groups(
    row: Row, group: str | None, levels: Sequence[str] | Mapping[str, str] | None
) -> tuple[str | None, list[Row]]:
    """group_by and group_levels of the row, changed as asked; labels that the plan has are kept."""
    if group == "":
        return None, []
    if levels is None:
        if group not in (None, row["group_by"]):
            raise PlanError(f"analysis {row['analysis_id']}: say as `levels` which values of {group} are compared")
        return row["group_by"], row["group_levels"]
    labels = {str(level["level"]): level["label"] for level in row["group_levels"]}
    said = levels if isinstance(levels, Mapping) else {level: labels.get(level, level) for level in levels}
    return group or row["group_by"], [{"level": level, "label": label} for level, label in said.items()]


def _defects(study: Study, row: Row, populations: Sequence[Row]) -> Iterator[str]:
    """What of a row would be passed over in silence, or end in an error without words."""
    rule, adsl = RULES[row["kind"]], study.datasets()["adsl"]
    known = {*rule.options, *rule.may, *OF_ANY_KIND}
    for name, value in row["options"].items():
        if name not in known:
            yield f"the kind {row['kind']} has no option {name}; it has {', '.join(sorted(known))}"
        for said in value if isinstance(value, list) else [value]:
            if name in METHODS and said not in METHODS[name]:
                yield f"{name} is one of {', '.join(METHODS[name])}, not {said}"
    yield from (f"{'.'.join(map(str, place))}: {what}; {remedy}" for place, what, remedy in shape_problems(row))
    if rule.endpoint == "time" and row["endpoint"] not in study.endpoints:
        yield f"the study has no endpoint {row['endpoint']}; it has {', '.join(study.endpoints)}"
    strange = [c["column_name"] for c in populations if c["column_name"] not in adsl]
    yield from (f"adsl has no column {name}" for name in strange)
    if strange or row["group_by"] in (None, "population") or row["group_by"] not in adsl:
        return  # of the groups the runner says what is wrong
    declared = {(one["group_by"], level["level"]) for one in study.analyses() for level in one["group_levels"]}
    for level in row["group_levels"]:
        name = level["level"]
        if (row["group_by"], name) not in declared and not compare(adsl[row["group_by"]], "=", name).fillna(
            False
        ).any():
            yield f"nobody has {row['group_by']} = {name}, and the plan does not know it"
