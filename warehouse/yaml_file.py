"""A YAML file that people write: its data, and file and line of every place in it, so that a mistake can be found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from cartwright.warehouse.yaml_words import in_words

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]
Problem = tuple[Place, str, str]  # where, what is wrong, what to do
# What names a row of a list, so that a place says `items.weight` where it would say `items.12`.
NAMES = (
    "item",
    "anchor",
    "criterion_id",
    "paramcd",
    "analysis_id",
    "output_id",
    "population",
    "fact",
    "class_code",
    "group_code",
    "column",
    "level",
    "table",
    "standard",
)
_MERGE = "<<"


class Defect(NamedTuple):
    """One mistake: file, line (0: none), place in it, what is wrong, what to do."""

    file: str
    line: int
    place: str
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (where, self.place, f"{self.what}; {self.remedy}") if part)


class YamlFile:
    """One file. `data` is None, and `problems` says why, when it is not YAML."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.root: yaml.Node | None = None
        self.data: Any = None
        self.problems: list[Defect] = []
        try:
            text = path.read_text(encoding="utf-8-sig")
            self.root = yaml.compose(text, Loader=_Loader)
            self.data = yaml.load(text, Loader=_Loader)
            self.problems += [self.describe(*problem) for problem in _duplicate_keys(self.root, ())]
        except FileNotFoundError:
            self.problems.append(Defect(path.name, 0, "", "there is no such file", f"write it into {path.parent}"))
        except OSError as error:
            self.problems.append(Defect(path.name, 0, "", f"cannot be read ({error.strerror})", "give it back"))
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self.problems.append(Defect(path.name, line, "", "a letter that is not UTF-8", "save the file as UTF-8"))
        except yaml.YAMLError as error:
            self.problems.append(self._not_yaml(error))
        except RecursionError:
            self.data = None
            what = "parts within parts without an end: an anchor (&name) holds itself, or brackets are not closed"
            self.problems.append(Defect(path.name, 0, "", what, "write the part out where it is meant"))
        except ValueError:
            self.problems.append(Defect(path.name, 0, "", "a number that is too long to be read", "correct it"))

    def parse(self, model: type[Model]) -> Model | None:
        """The data as `model`; None, and problems, when it cannot be."""
        if self.data is None and self.problems:
            return None
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            self.problems += [self.describe(*problem) for problem in in_words(error, model, self.data)]
            return None

    def describe(self, place: Place, what: str, remedy: str) -> Defect:
        """A problem with its line and the names of its place."""
        where, data = [], self.data
        for step in place:
            row = data[step] if isinstance(data, list) and isinstance(step, int) and step < len(data) else None
            names = row if isinstance(row, dict) else {}
            where.append(next((str(names[key]) for key in NAMES if isinstance(names.get(key), str)), str(step)))
            data = data.get(step) if isinstance(data, dict) else row
        return Defect(self.path.name, self._line(place), ".".join(where), what, remedy)

    def _line(self, place: Place) -> int:
        node = self.root
        if node is None:
            return 1
        line = node.start_mark.line
        for step in place:
            if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.start_mark.line
            elif isinstance(node, yaml.MappingNode) and (found := _entry(node, step)):
                line, node = found[0].start_mark.line, found[1]
            else:  # a missing entry
                break
        return line + 1

    def _not_yaml(self, error: yaml.YAMLError) -> Defect:
        mark: yaml.Mark | None = getattr(error, "problem_mark", None)
        problem, remedy = getattr(error, "problem", None) or "this is not YAML", "correct the YAML"
        if mark is not None and "cannot start any token" in problem:
            text = self.path.read_text(encoding="utf-8-sig").splitlines()[mark.line]
            sign = text[mark.column : mark.column + 1]
            if "\t" in text[: mark.column + 1]:
                problem, remedy = "a tab where YAML wants blanks", "set lines in with blanks"
            else:
                problem, remedy = f"{sign} cannot begin a text", "write the text in quotation marks"
        elif "not allowed in this context" in problem or "expected <block end>" in problem:
            problem = f"{problem}: the line is indented otherwise than its neighbours, or holds a bare `: `"
            remedy = "align it with the lines around it, or put the text into quotation marks"
        return Defect(self.path.name, mark.line + 1 if mark else 0, "", problem, remedy)


class _Loader(yaml.CSafeLoader):  # the C parser, ten times faster
    """As YAML is read, but a day that the calendar does not have stays text, so that its place can be told, and so does
    every key: `yes: Treated` names what it says, no flag."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        self.flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = "tag:yaml.org,2002:str"
        return super().construct_mapping(node, deep)


def _day(loader: _Loader, node: yaml.ScalarNode) -> dt.date | str:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError:
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _day)


def texts(data: Any) -> Iterator[str]:
    """Every text that stands as a value somewhere in the data."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict | list):
        for part in data.values() if isinstance(data, dict) else data:
            yield from texts(part)


def distinct(defects: Iterable[Defect]) -> list[Defect]:
    """The defects by file and line; one that an anchor (&name) brought to many places is told once."""
    first: dict[tuple[str, int, str], Defect] = {}
    for defect in defects:
        first.setdefault((defect.file, defect.line, defect.what), defect)
    files = list(dict.fromkeys(defect.file for defect in first.values()))
    return sorted(first.values(), key=lambda defect: (files.index(defect.file), defect.line))


def _entry(node: yaml.MappingNode, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value of a mapping, its own or one that it takes over by <<."""
    own = [(key, value) for key, value in node.value if key.value == str(step)]
    if own:
        return own[-1]
    merged = [value for key, value in node.value if key.value == _MERGE]
    rows = [row for value in merged for row in (value.value if isinstance(value, yaml.SequenceNode) else [value])]
    return next((found for row in rows if isinstance(row, yaml.MappingNode) and (found := _entry(row, step))), None)


def _duplicate_keys(node: yaml.Node | None, place: Place) -> Iterator[Problem]:
    if isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            yield from _duplicate_keys(child, (*place, position))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            if not isinstance(key.value, str):
                continue
            if key.value in seen:
                yield (*place, key.value), f'"{key.value}" is given twice', "keep one of them"
            seen.add(key.value)
            yield from _duplicate_keys(child, (*place, key.value))
