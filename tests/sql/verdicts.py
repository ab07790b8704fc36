"""What was judged once: a line a question, by a digest of all that the answer depends on.

Kept outside of the checkout, so that a run that was broken off goes on where it was, and one after a change asks again
only what the change can have moved.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

FILE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "cartwright" / "mutants.csv"


def digest(*parts: str | bytes) -> str:
    """One word for these texts in this order."""
    made = sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "big") + data)
    return made.hexdigest()[:24]


def digest_of_files(paths: Iterable[Path]) -> str:
    """One word for the names and contents of these files."""
    return digest(*(part for path in sorted(paths) for part in (path.name, path.read_bytes())))


class Verdicts:
    """Answers by question. A question is a digest, an answer a text."""

    def __init__(self, file: Path = FILE) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        self._stream = file.open("a+", encoding="utf-8", newline="")
        self._stream.seek(0)
        self._known = {row[0]: row[1] for row in csv.reader(self._stream) if len(row) == 2}

    def ask(self, question: str, answer: Callable[[], str]) -> str:
        """The answer, found out where it is not known."""
        if question not in self._known:
            self._known[question] = answer()
            csv.writer(self._stream, lineterminator="\n").writerow((question, self._known[question]))
            self._stream.flush()
        return self._known[question]
