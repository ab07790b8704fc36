"""What a study declares and nothing uses: it would be changed in the belief that it does something."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from cartwright.warehouse.study.definition import Plan, Protocol
from cartwright.warehouse.study.own_sql import sql_folder
from cartwright.warehouse.yaml_file import Problem, texts

_NAMES_OF_OTHERS = ("item", "fact", "column", "code_list", "without_code_list", "detail_code")
_REMEDY = "remove it, or name it where it counts"
_SAYS = ("label", "description", "title", "otherwise", "outside")  # words for people: they use nothing


def unused_in_protocol(protocol: Protocol, data: dict[str, Any], study_dir: Path) -> Iterator[Problem]:
    """Code lists, days and items that nothing of the study reads. data: the protocol as it stands in its file."""
    own = "\n".join(path.read_text(encoding="utf-8") for path in sorted(sql_folder(study_dir).rglob("*.sql")))
    lists = set(texts(_without(data, "code_lists", ())))
    days = set(texts(_without(data, "anchors", ("anchor",))))
    asked = {name: data.get(name) for name in ("items", "criteria", "groups")}
    items = set(texts(_without(asked, "items", _NAMES_OF_OTHERS)))
    for name in protocol.code_lists:
        if name not in lists and name not in own:
            yield ("code_lists", name), f'nothing uses the code list "{name}"', _REMEDY
    for position, anchor in enumerate(protocol.anchors):
        if anchor.anchor not in days and anchor.anchor not in own:
            yield ("anchors", position), f'nothing uses the day "{anchor.anchor}"', _REMEDY
    for position, item in enumerate(protocol.items):
        if item.column is False and item.item not in items and item.item not in own:
            remedy = "remove it, write column: true, or name it where it counts"
            yield ("items", position), f'nothing uses the item "{item.item}"', remedy


def unused_in_plan(plan: Plan, data: Collection[Mapping[str, Any]]) -> Iterator[Problem]:
    """Populations and outputs that no analysis names. data: the parts of the plan as they stand in their files."""
    named = set(texts([part.get("analyses") for part in data if isinstance(part, dict)]))
    first = {row.population: position for position, row in reversed(list(enumerate(plan.populations)))}
    for population, position in sorted(first.items(), key=lambda pair: pair[1]):
        if population not in named:
            what = f'no analysis uses the population "{population}"'
            yield ("populations", position), what, "remove it, or name it in an analysis"
    for position, output in enumerate(plan.outputs):
        if output.output_id not in named:
            what = f'no analysis is of the output "{output.output_id}"'
            yield ("outputs", position), what, "add an analysis with this output_id, or remove the output"


def _without(data: dict[str, Any], section: str, keys: tuple[str, ...]) -> Any:
    """The data without the names that a section declares (without keys: without the section), and without words."""
    left = {name: part for name, part in data.items() if name != section}
    rows = data.get(section)
    if keys and isinstance(rows, list):
        left[section] = [{k: v for k, v in row.items() if k not in keys} for row in rows if isinstance(row, dict)]
    return _silent(left)


def _silent(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _silent(value) for key, value in data.items() if key not in _SAYS}
    return [_silent(value) for value in data] if isinstance(data, list) else data
