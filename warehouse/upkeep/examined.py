"""What `cartwright doctor` found about one thing, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`about`: what was looked at. `words`: what was found, without a value of a patient or a secret. A `remedy` makes
    it a problem, or, with `is_note`, something to know. `fix`: what `--fix` does, where that is safe."""

    kind: str
    about: str
    words: str
    remedy: str = ""
    is_note: bool = False
    fix: Callable[[], object] | None = None

    @property
    def is_problem(self) -> bool:
        return bool(self.remedy) and not self.is_note
