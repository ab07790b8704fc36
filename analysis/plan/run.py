"""Executes the analysis plan: datasets and plan rows in, tidy result tables out. No database, no files."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cartwright.analysis.methods.estimate import UnusableData
from cartwright.analysis.methods.order import in_one_order
from cartwright.analysis.plan import second_opinion
from cartwright.analysis.plan.ard import TABLES, Collector
from cartwright.analysis.plan.definition import Analysis, PlanError, population_ids, resolve
from cartwright.analysis.plan.resampling import PROGRESS, at_night, draws, sized
from cartwright.analysis.sharing import shared

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pandas import DataFrame

# kind of analysis -> module of analysis/plan/kinds and its function
KINDS = {
    "agreement": "agreement.run",
    "checklist": "checklist.run",
    "clone": "clone.run",
    "competing": "competing.run",
    "count": "count.run",
    "cox": "cox.run",
    "declared": "declared.run",
    "describe": "describe.run",
    "evalue": "evalue.run",
    "forest": "forest.run",
    "funnel": "funnel.run",
    "hr_cox": "cox.run_ratio",
    "hr_landmark": "landmark.run_landmark",
    "hr_oe": "logrank.run_ratio",
    "hr_time_dependent": "landmark.run_time_dependent",
    "imputed_cox": "imputed.run",
    "incidence": "incidence.run",
    "interval": "interval.run",
    "km": "km.run",
    "logistic": "logistic.run",
    "logrank": "logrank.run",
    "missing": "missing.run",
    "multiplicity": "multiplicity.run",
    "paired": "paired.run",
    "penalised_cox": "penalised.run",
    "ph": "ph.run",
    "profile": "profile.run",
    "proportion": "proportion.run",
    "rmst": "rmst.run",
    "simon_makuch": "landmark.run_curves",
    "spider": "burden.run_spider",
    "standardised": "standardised.run",
    "subgroups": "subgroups.run",
    "swimmer": "swimmer.run",
    "tipping": "tipping.run",
    "validation": "validation.run",
    "waterfall": "burden.run_waterfall",
    "weighted": "weighted.run",
}

# Kinds that read what other analyses found: they run last, however the rows arrive.
READERS = {"evalue", "multiplicity"}


def compute(
    datasets: dict[str, DataFrame],
    populations: Iterable[dict[str, Any]],
    analyses: Iterable[dict[str, Any]],
    resampling: str = "night",
    progress: Callable[[Iterable], Iterable] = iter,
    beside: Executor | None = None,
) -> dict[str, DataFrame]:
    """Run every analysis of the plan.

    datasets    tables by name: adsl (one row a patient, usubjid), adtte, funnel, and whatever the plan's variables name
    populations plan rows (population, column_name, operator, value); all rows of a population must hold
    analyses    plan rows; group_levels, variables and options as JSON text or native values
    resampling  night, full or none: how much is drawn at random (see `resampling`)
    progress    wraps the iteration over draws, for a progress bar; draws of another process are not seen by it
    beside      another process to share the analyses with; it begins with those that draw at random

    No order of rows and no name of a patient moves a digit: the content of the datasets decides the order (`order`).
    Returns the tables of `ard.TABLES`: ard, curve, at_risk, subject and analysis (the plan as executed). Statistics
    that the data cannot give are rows with NE and a flag. Raises PlanError, listing every defect, when the plan asks
    for tables, columns, populations or kinds that do not exist.
    """
    analyses = [row for row in (sized(row, resampling) for row in analyses) if row is not None]
    analyses.sort(key=lambda row: row["kind"] in READERS)
    PROGRESS.set(progress)
    datasets = in_one_order(datasets)
    members = _members(datasets, populations)
    analyses = [at_night(row, resampling, len(members.get(str(row.get("population")), ()))) for row in analyses]
    resolved = _resolve_all(datasets, members, analyses)
    first = {a.analysis_id: (row, a) for row, a in zip(analyses, resolved, strict=True) if a.kind not in READERS}
    ids = sorted(first, key=lambda analysis_id: not draws(first[analysis_id][0]))  # what takes long is begun first

    def ours(analysis_id: str) -> Collector:
        return _run(first[analysis_id][1], Collector())

    if beside is None:
        computed = list(map(ours, ids))
    else:
        beside.submit(_take_along, datasets, members, [row for row, _ in first.values()])
        try:
            computed = shared(ids, ours, _theirs, beside)
        finally:
            beside.submit(_let_go)
    found = dict(zip(ids, computed, strict=True))
    collect = Collector()
    names = _endpoint_names(datasets)
    for row, analysis in zip(analyses, resolved, strict=True):
        if row["kind"] in READERS:
            _run(analysis, collect)
        else:
            collect.extend(found[analysis.analysis_id])
            second_opinion.ask(analysis, collect)
        collect.add("analysis", **_as_executed(row) | {"endpoint_name": names.get(analysis.endpoint or "")})
    return collect.tables()


_ALONG: dict[str, Analysis] = {}  # in the other process, while a plan is computed


def _take_along(
    datasets: dict[str, DataFrame], members: dict[str, frozenset[str]], analyses: list[dict[str, Any]]
) -> None:
    _ALONG.update((analysis.analysis_id, analysis) for analysis in _resolve_all(datasets, members, analyses))


def _let_go() -> None:
    _ALONG.clear()


def _theirs(analysis_id: str) -> Collector:
    return _run(_ALONG[analysis_id], Collector())


def _run(analysis: Analysis, collect: Collector) -> Collector:
    module, function = KINDS[analysis.kind].split(".")
    try:
        getattr(import_module(f".kinds.{module}", __package__), function)(analysis, collect)
    except UnusableData as error:
        collect.statistic(analysis, "not_computable", flag=str(error))
    return collect


def _members(datasets: dict[str, DataFrame], populations: Iterable[dict[str, Any]]) -> dict[str, frozenset[str]]:
    """Patients of each declared population."""
    conditions = defaultdict(list)
    for condition in populations:
        conditions[condition["population"]].append(condition)
    return {name: population_ids(datasets["adsl"], rows) for name, rows in conditions.items()}


def _resolve_all(
    datasets: dict[str, DataFrame], members: dict[str, frozenset[str]], analyses: list[dict[str, Any]]
) -> list[Analysis]:
    adsl = datasets["adsl"]
    rows_of = cache(lambda population: adsl[adsl["usubjid"].isin(members[population])])
    resolved, defects, seen = [], [], set()
    for row in analyses:
        try:
            if row["kind"] not in KINDS:
                raise PlanError(f"analysis {row['analysis_id']}: kind {row['kind']} is not one of {sorted(KINDS)}")
            if row["analysis_id"] in seen:
                raise PlanError(f"analysis {row['analysis_id']} is declared twice")
            seen.add(row["analysis_id"])
            resolved.append(resolve(row, datasets, members, rows_of))
        except PlanError as error:
            defects.append(str(error))
    if defects:
        raise PlanError("\n".join(defects))
    return resolved


def _endpoint_names(datasets: dict[str, DataFrame]) -> dict[str, str]:
    """Endpoint -> its words; a plan without times to event needs no adtte."""
    if "adtte" not in datasets:
        return {}
    return dict(datasets["adtte"][["paramcd", "param"]].drop_duplicates("paramcd").itertuples(index=False, name=None))


def _as_executed(row: dict[str, Any]) -> dict[str, Any]:
    """The plan row with its structured cells as JSON text, whichever way it arrived."""
    executed = {column: row.get(column) for column in TABLES["analysis"]}
    for column, empty in (("group_levels", []), ("variables", []), ("options", {})):
        if not isinstance(executed[column], str):
            missing = executed[column] is None or executed[column] != executed[column]
            executed[column] = json.dumps(empty if missing else executed[column], sort_keys=True, ensure_ascii=False)
    return executed
