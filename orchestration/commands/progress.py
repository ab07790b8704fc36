"""The progress display of a night: a live line on a terminal, one plain line a step elsewhere. Names, never values.

On a terminal the line counts the seconds by itself, so that a long step is seen to be alive; elsewhere what comes
before the first step of the night is said when it begins, as nothing else is said for half a minute.
"""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.status import Status

WORDS = {
    "demonstration": "no feeds yet: the demonstration hospital, simulated",
    "definitions": "SQL of hospital and studies, compiled anew where it changed",
    "lis_feed": "laboratory feed",
    "ris_feed": "imaging feed",
    "ehr_feed": "treatment feed",
    "bookkeeping": "identities and ledger",
    "noticed": "what the feeds showed",
    "hospital_definition": "hospital: definition",
    "study_definition": "definition",
    "build_row": "coordinates of the build",
    "arriving_gate": "gate: what arrives",
    "accounted_gate": "gate: ledger and identities",
    "models": "models and their tests (dbt)",
    "claims_audit": "printed figures",
    "cdisc": "CDISC: variables and terms",
    "leaving_gate": "gate: what leaves",
    "statistics": "statistics",
    "plausible_gate": "gate: statistics",
    "figures": "figures",
    "tables": "tables for journals",
    "report": "report",
    "release": "release",
}


BEFORE_THE_NIGHT = ("demonstration", "definitions")


class Line:
    """What is being done, after the seconds that passed when it is drawn."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.words = "starting"

    @property
    def seconds(self) -> str:
        return f"{time.monotonic() - self.began:5.0f} s"

    def __rich__(self) -> str:
        return f"{self.seconds}  {self.words}"


class Display:
    """Call it with (what, words); use it as a context manager."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = Console(quiet=quiet, highlight=False)
        self.line = Line()
        self.status: Status = self.console.status(self.line)
        self.steps: dict[str, float] = {}
        self.doing = ""

    def __enter__(self) -> Display:
        self.status.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.status.stop()

    def __call__(self, what: str, words: str) -> None:
        study, _, step = words.rpartition("__")
        name = f"{study}: {WORDS.get(step, step)}" if study else WORDS.get(words, words)
        now = time.monotonic()
        if what == "start":
            self.steps[words], self.doing = now, name
            self.line.words = f"{name} ..."
            if words in BEFORE_THE_NIGHT and not self.console.is_terminal:
                self.console.print(f"{self.line.seconds}  {name} ...", soft_wrap=True)
        elif what == "note":
            self.line.words = f"{self.doing}  {name}".strip()
        else:
            sign = "[green]done[/]" if what == "end" else "[red]failed[/]"
            took = now - self.steps.get(words, now)
            self.console.print(f"{self.line.seconds}  {sign}  {name}  [dim]{took:.1f} s[/]", soft_wrap=True)
