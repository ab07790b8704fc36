"""The progress display of a night: a live line on a terminal, one plain line a step elsewhere. Names, never values."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.status import Status

WORDS = {
    "lis_feed": "laboratory feed",
    "ris_feed": "imaging feed",
    "ehr_feed": "treatment feed",
    "bookkeeping": "identities and ledger",
    "noticed": "what the feeds showed",
    "study_definition": "definition",
    "build_row": "coordinates of the build",
    "arriving_gate": "gate: what arrives",
    "accounted_gate": "gate: ledger and identities",
    "models": "models and their tests (dbt)",
    "claims_audit": "printed figures",
    "leaving_gate": "gate: what leaves",
    "statistics": "statistics",
    "plausible_gate": "gate: statistics",
    "figures": "figures",
    "tables": "tables for journals",
    "report": "report",
    "release": "release",
}


class Display:
    """Call it with (what, words); use it as a context manager."""

    def __init__(self, quiet: bool = False) -> None:
        self.console = Console(quiet=quiet, highlight=False)
        self.status: Status = self.console.status("starting")
        self.began = time.monotonic()
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
            self.status.update(f"{now - self.began:5.0f} s  {name} ...")
        elif what == "note":
            self.status.update(f"{now - self.began:5.0f} s  {self.doing}  {name}")
        else:
            sign = "[green]done[/]" if what == "end" else "[red]failed[/]"
            took = now - self.steps.get(words, now)
            self.console.print(f"{now - self.began:5.0f} s  {sign}  {name}  [dim]{took:.1f} s[/]")
