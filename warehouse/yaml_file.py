"""A YAML file that people write: its data, and file and line of every place in it, so that a mistake can be found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)
Place = tuple[str | int, ...]
Problem = tuple[Place, str, str]  # where, what is wrong, what to do
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser, ten times faster, where it was built


class YamlFile:
    """One file. `problems` are sentences: file, line, place, what, remedy."""

    def __init__(self, path: Path) -> None:
        self.path, self.root, self.problems = path, None, []
        try:
            text = path.read_text(encoding="utf-8")
            self.root = yaml.compose(text, Loader=_Loader)
            self.data = yaml.load(text, Loader=_Loader)
        except OSError:
            self.problems.append(f"{path.name}: cannot be read. Remedy: put the file into {path.parent}")
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f" line {mark.line + 1}" if mark else ""
            what = getattr(error, "problem", "not YAML")
            self.problems.append(f"{path.name}{line}: {what}. Remedy: correct the YAML")

    def parse(self, model: type[Model]) -> Model | None:
        """The data as `model`; None, and problems, when it cannot be."""
        if self.problems:
            return None
        self.problems += [self.describe(*problem) for problem in _duplicate_keys(self.root, ())]
        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                remedy = "remove or rename the entry" if detail["type"] == "extra_forbidden" else "correct the entry"
                self.problems.append(self.describe(detail["loc"], detail["msg"], remedy))
            return None

    def describe(self, place: Place, what: str, remedy: str) -> str:
        """A problem as a sentence."""
        where = ".".join(str(step) for step in place)
        return f"{self.path.name} line {self._line(place)} ({where}): {what}. Remedy: {remedy}"

    def _line(self, place: Place) -> int:
        node, line = self.root, self.root.start_mark.line
        for step in place:
            if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                node = node.value[step]
                line = node.start_mark.line
            elif isinstance(node, yaml.MappingNode):
                found = [(key, value) for key, value in node.value if key.value == step]
                if not found:  # a missing entry, or one taken from an anchor
                    break
                line, node = found[-1][0].start_mark.line, found[-1][1]
        return line + 1


def _duplicate_keys(node: yaml.Node | None, place: Place) -> Iterator[Problem]:
    if isinstance(node, yaml.SequenceNode):
        for position, child in enumerate(node.value):
            yield from _duplicate_keys(child, (*place, position))
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            if key.value in seen:
                yield (*place, key.value), f"{key.value!r} is given twice", "keep one of them"
            seen.add(key.value)
            yield from _duplicate_keys(child, (*place, key.value))
