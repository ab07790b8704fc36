"""Results as rows of an analysis plan, so that what was tried can be declared."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from cartwright.analysis.face.study import Result, Row, Study, free_name

OUTPUT = "explored.result"
_CONDITION = ("population", "column_name", "operator", "value")


class Part(NamedTuple):
    """Results that become one output; `kind`: table or figure."""

    results: Sequence[Result]
    output_id: str
    kind: str
    title: str


def rows(*results: Result, output_id: str = OUTPUT, kind: str = "table", title: str | None = None) -> str:
    """The results as YAML: one output with its analyses, and populations that the plan does not have yet.

    Saved in the folder of the study as a further `*_plan.yml`, it is part of the plan. A name that the plan has already
    gets a number behind it. `kind`: table or figure.
    """
    return written(results[0].study, [Part(results, output_id, kind, title or results[0].row["title"])])


def written(study: Study, parts: Sequence[Part]) -> str:
    """The same of several outputs."""
    import yaml

    outputs: list[Row] = []
    analyses: list[Row] = []
    populations: dict[str, Row] = {}
    output_ids = {output["output_id"] for output in study.outputs}
    analysis_ids = {row["analysis_id"] for row in study.analyses()}
    last = max((output["seq"] for output in study.outputs), default=0)
    for number, part in enumerate(parts, start=1):
        name = free_name(part.output_id, output_ids)
        said = {"kind": part.kind, "part": "annex", "title": part.title}
        outputs.append({"output_id": name, "seq": last + 10 * number, **said})
        for seq, result in enumerate(part.results, start=1):
            own = {"analysis_id": free_name(result.row["analysis_id"], analysis_ids), "output_id": name, "seq": seq}
            analyses.append(_spoken({**result.row, **own}))
            for row in result.populations:
                populations[json.dumps(row, sort_keys=True)] = {column: row[column] for column in _CONDITION}
    plan = {"populations": list(populations.values()), "outputs": outputs, "analyses": analyses}
    return yaml.safe_dump(plan, sort_keys=False, allow_unicode=True, width=110)


def _spoken(row: Row) -> Row:
    """A row without its empty cells; what was tried is no headline of the night."""
    options = {name: value for name, value in row["options"].items() if name != "headline"}
    return {name: value for name, value in {**row, "options": options}.items() if value not in (None, [], {}, "")}
