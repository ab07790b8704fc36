"""What of a file can be used although some cannot: the rest is checked as well, so that all mistakes come at once.

A row with a mistake in its shape is left out, an entry that nothing knows as well. What the rest says of the rows left
out (that their names are unknown) follows from the first mistake and is not told.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from cartwright.warehouse.yaml_file import NAMES, Defect, Place, Problem, YamlFile
from cartwright.warehouse.yaml_words import place_of

Model = TypeVar("Model", bound=BaseModel)
_ROUNDS = 50  # each takes out what the one before did not show


class Part(Generic[Model]):
    """The usable part of a file. `value` is None when it is not YAML; without defects it is the whole file.

    `stand_in`: what stands for a section that must be there and cannot be used.
    """

    def __init__(self, file: YamlFile, model: type[Model], stand_in: dict[str, Any]) -> None:
        self.file, self.stand_in = file, stand_in
        self.hurt = {text for text in stand_in.values() if isinstance(text, str)}
        self._out: dict[Place, set[int]] = {}
        whole = file.parse(model)
        self.value = whole if whole is not None or (file.data is None and file.problems) else self._usable(model)

    @property
    def is_whole(self) -> bool:
        return not self.file.problems

    def describe(self, problems: Iterable[Problem]) -> Iterator[Defect]:
        """Problems of the usable part at their places in the file, without what follows from what was left out."""
        for place, what, remedy in problems:
            if not any(f'"{name}"' in what for name in self.hurt):
                yield self.file.describe(self._in_file(place), what, remedy)

    def _usable(self, model: type[Model]) -> Model:
        data = copy.deepcopy(self.file.data) if isinstance(self.file.data, dict) else {}
        for _ in range(_ROUNDS):
            try:
                return model.model_validate(_without(data))
            except ValidationError as error:
                usable = _without(data)
                details = error.errors(include_url=False)
                places = [self._in_file(place_of(detail["loc"], usable, detail["type"])) for detail in details]
                for place in dict.fromkeys(places):
                    self._take_out(data, place)
        return model.model_validate(self.stand_in)

    def _take_out(self, data: dict[str, Any], place: Place) -> None:
        """Leave out the row that holds the place; an entry by itself; of what must be there put the stand-in."""
        for length, step in enumerate(place):
            if isinstance(step, int):
                rows = _at(data, place[:length])
                if rows is None or rows[step] is _LEFT_OUT:
                    return
                self._hurt(rows[step])
                self._out.setdefault(place[:length], set()).add(step)
                rows[step] = _LEFT_OUT
                return
        if not place:
            data.clear()
            data.update(copy.deepcopy(self.stand_in))
            return
        section = str(place[0])  # of a mapping: a row's number was met above
        if len(place) > 1 and isinstance(data.get(section), dict) and place[1] in data[section]:
            self.hurt.add(str(place[1]))
            del data[section][place[1]]
        elif section in self.stand_in:
            given, stands = data.get(section), copy.deepcopy(self.stand_in[section])
            is_filled = isinstance(given, dict) and isinstance(stands, dict)
            data[section] = {**stands, **(given or {})} if is_filled else stands
            self._hurt(self.stand_in[section])
        else:
            data.pop(section, None)

    def _hurt(self, row: Any) -> None:
        """The name that a row declares."""
        names = row if isinstance(row, dict) else {}
        self.hurt |= {str(names[key]) for key in NAMES if key in names}

    def _in_file(self, place: Place) -> Place:
        """A place of the usable part as a place of the file: rows left out before it count again."""
        found: list[str | int] = []
        for step in place:
            if isinstance(step, int):
                out = self._out.get(tuple(found), set())
                step = [at for at in range(step + len(out) + 1) if at not in out][step]
            found.append(step)
        return tuple(found)


_LEFT_OUT = object()


def _without(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_without(value) for value in data if value is not _LEFT_OUT]
    return data


def _at(data: Any, place: Place) -> Any:
    """What stands at a place; None when a part of the way was left out already."""
    for step in place:
        if isinstance(data, dict) and step not in data:
            return None
        data = data[step]
    return data
