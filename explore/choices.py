"""What an investigator can choose: populations, groups and endpoints that the study declares, nothing else.

The method of what is shown is the plan's, too: options of its own analyses of that kind, first those of that endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cartwright.analysis.face.study import Row, Study
from cartwright.analysis.plan.definition import Level, compare, levels_of, population_ids
from cartwright.analysis.report.sections import section_of

Patients = frozenset[str]
EVERYBODY = ""  # the key of the grouping that has no groups
_CURVE, _TEST, _RATIOS, _TABLE = "km", "logrank", ("hr_cox", "hr_oe"), "describe"
_GROUPED = (_CURVE, _TEST, *_RATIOS, _TABLE, "proportion")
_NOT_COPIED = ("headline", "reverse")


@dataclass(frozen=True)
class Grouping:
    """Groups that the plan compares somewhere: `by` a column of adsl, or population; none: everybody as one."""

    by: str | None
    levels: tuple[Level, ...]

    @classmethod
    def of(cls, row: Row) -> Grouping:
        """The groups of an analysis."""
        return cls(row["group_by"], levels_of(row["group_levels"]))

    @property
    def key(self) -> str:
        return f"{self.by}:{','.join(level.level for level in self.levels)}" if self.by else EVERYBODY

    @property
    def words(self) -> str:
        return " / ".join(level.label for level in self.levels) or "Everybody as one group"


@dataclass(frozen=True)
class Choice:
    """What is looked at: names of a population and an endpoint, key of a grouping, which of its levels (none: all)."""

    population: str
    endpoint: str
    grouping: str = EVERYBODY
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offered:
    """What there is to choose of; each in words."""

    populations: Mapping[str, str]
    endpoints: Mapping[str, str]
    groupings: Mapping[str, Grouping]


def offered(study: Study) -> Offered:
    """What the study declares. No endpoint where its plan draws no Kaplan-Meier curve: then no method is declared."""
    words: dict[str, str] = {}
    for row in study.analyses():
        if row["group_by"] == "population":
            for level in levels_of(row["group_levels"]):
                is_named = level.label.lower() == level.level.replace("_", " ")
                words.setdefault(level.level, level.label if is_named else f"{level.label} ({level.level})")
    populations = {name: words.get(name, name.replace("_", " ")) for name in _names(study)}
    groupings = {EVERYBODY: Grouping(None, ())}
    for row in study.analyses():
        if row["kind"] in _GROUPED and row["group_by"]:
            grouping = Grouping.of(row)
            if _are_disjoint(list(members(study, grouping).values())):
                groupings.setdefault(grouping.key, grouping)
    has_curves = any(row["kind"] == _CURVE for row in study.analyses())
    return Offered(populations, study.endpoints if has_curves else {}, groupings)


def first(study: Study) -> Choice:
    """What is shown before anything is chosen: the first curves of the report that compare groups, else any."""
    drawn = [row for row in study.analyses() if row["kind"] == _CURVE and not row["options"].get("reverse")]
    row = next((row for row in drawn if row["group_by"]), drawn[0])
    return Choice(row["population"], row["endpoint"], Grouping.of(row).key)


def patients(study: Study) -> dict[str, Patients]:
    """usubjid of each declared population."""
    adsl = study.datasets()["adsl"]
    rows = {name: [row for row in study.populations if row["population"] == name] for name in _names(study)}
    return {name: population_ids(adsl, conditions) for name, conditions in rows.items()}


def members(study: Study, grouping: Grouping) -> dict[str, Patients]:
    """usubjid of each group, of whatever population."""
    adsl = study.datasets()["adsl"]
    if grouping.by == "population":
        of = patients(study)
        return {level.level: of[level.level] for level in grouping.levels}
    return {
        level.level: frozenset(
            adsl.loc[compare(adsl[grouping.by], "=", level.level).fillna(False).astype(bool), "usubjid"]
        )
        for level in grouping.levels
    }


def with_endpoint(study: Study, endpoint: str) -> Patients:
    """usubjid of those who have a time to this event."""
    adtte = study.datasets()["adtte"]
    return frozenset(adtte.loc[adtte["paramcd"] == endpoint, "usubjid"])


def curves(study: Study, choice: Choice, grouping: Grouping, levels: Sequence[Level]) -> list[Row]:
    """The rows that the choice makes: curve; of several groups the test; of two groups the hazard ratio."""
    of_kinds = [(_CURVE,), *([(_TEST,)] if len(levels) > 1 else []), *([_RATIOS] if len(levels) == 2 else [])]
    rows = (_row(study, choice, grouping, levels, kinds) for kinds in of_kinds)
    return [row for row in rows if row is not None]


def characteristics(study: Study, choice: Choice, grouping: Grouping, levels: Sequence[Level]) -> Row | None:
    """The row of the table of characteristics; its tests are those of two groups."""
    template = characteristics_of(study)
    if template is None:
        return None
    row = {**_named(template, choice, grouping, levels, "table"), "endpoint": None}
    row["analysis_id"] = row["analysis_id"].replace(f"explored_{choice.endpoint}_".lower(), "explored_", 1)
    if len(levels) != 2:
        row["variables"] = [
            {name: value for name, value in one.items() if name != "tests"} for one in template["variables"]
        ]
    return row


def characteristics_of(study: Study) -> Row | None:
    """The plan's longest table of the baseline, of variables that everybody has in adsl."""
    found = [row for row in study.analyses() if row["kind"] == _TABLE and _is_plain(row)]
    of_baseline = [row for row in found if section_of(row["output_id"]) == "baseline"]
    return max(of_baseline or found, key=lambda row: len(row["variables"]), default=None)


def declared_as(study: Study, row: Row) -> str | None:
    """The analysis of the plan that is this one, if there is."""
    return next((other["analysis_id"] for other in study.analyses() if _what(other) == _what(row)), None)


def _row(study: Study, choice: Choice, grouping: Grouping, levels: Sequence[Level], kinds: Sequence[str]) -> Row | None:
    template = _template(study, choice.endpoint, kinds)
    return None if template is None else _named(template, choice, grouping, levels, template["kind"])


def _named(template: Row, choice: Choice, grouping: Grouping, levels: Sequence[Level], what: str) -> Row:
    """The template over other patients, with a name that says what it is of."""
    by = f"_by_{grouping.by}" if levels else ""
    return {
        **template,
        "analysis_id": f"explored_{choice.endpoint}_{choice.population}{by}_{what}".lower(),
        "population": choice.population,
        "endpoint": choice.endpoint,
        "group_by": grouping.by if levels else None,
        "group_levels": [{"level": level.level, "label": level.label} for level in levels],
        "options": {name: value for name, value in template["options"].items() if name not in _NOT_COPIED},
    }


def _template(study: Study, endpoint: str, kinds: Sequence[str]) -> Row | None:
    """The analysis of these kinds whose options are taken: of the same endpoint, drawn, a headline, first in the plan.

    The days of entry of another endpoint are left out.
    """
    found = [row for row in study.analyses() if row["kind"] in kinds and not row["options"].get("reverse")]
    if not found:
        return None

    def rank(row: Row) -> tuple[int, bool, bool, bool]:
        options = row["options"]
        is_own = row["endpoint"] == endpoint
        return (kinds.index(row["kind"]), not is_own, "figure" not in options, not options.get("headline"))

    best = min(found, key=rank)
    if best["endpoint"] != endpoint:
        best = {**best, "options": {name: value for name, value in best["options"].items() if name != "entry"}}
    return best


def _is_plain(row: Row) -> bool:
    """Whether each variable is a column of adsl, of everybody."""
    return bool(row["variables"]) and all(
        variable.get("dataset", "adsl") == "adsl" and "asked_of" not in variable for variable in row["variables"]
    )


def _what(row: Row) -> tuple[object, ...]:
    levels = [str(level["level"]) for level in row["group_levels"]]
    options = {name: value for name, value in row["options"].items() if name not in ("headline", "figure")}
    return (row["kind"], row["population"], row["endpoint"], row["group_by"], levels, row["variables"], options)


def _names(study: Study) -> Iterator[str]:
    yield from dict.fromkeys(row["population"] for row in study.populations)


def _are_disjoint(groups: Sequence[Patients]) -> bool:
    return sum(map(len, groups)) == len(frozenset().union(*groups))
