"""One thing that somebody should be told of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Alarm:
    """`kind`: one of runbook.TITLES. `words`: names of checks, tables and steps, and counts; never a value of a
    patient, never a name of a file. `subject` makes it the same alarm at the next look; `study_id` where it is about
    one study."""

    kind: str
    words: str
    subject: str = ""
    study_id: str | None = None

    @property
    def key(self) -> str:
        """Names the alarm among those that were told."""
        return "|".join((self.kind, self.study_id or "", self.subject or self.words))

    def in_words(self) -> str:
        """A line of a message."""
        return f"- {self.study_id}: {self.words}" if self.study_id else f"- {self.words}"
