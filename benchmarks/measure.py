"""Run a program and watch it: wall time, processor time, and the peak memory of the whole process tree."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Measured:
    """One program run: exit code, what it printed, seconds by the clock and of the processors, peak memory in GB."""

    code: int
    output: str
    seconds: float
    cpu_seconds: float
    peak_gb: float


def run(command: Sequence[str], cwd: Path, environment: Mapping[str, str] | None = None) -> Measured:
    """Run to the end, sampling the resident memory of the process and all below it ten times a second."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peak, done = [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peak[0] = max(peak[0], _tree_bytes(process.pid))

    watcher = threading.Thread(target=watch)
    watcher.start()
    output, _ = process.communicate()
    done.set()
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Measured(process.returncode, output, time.monotonic() - began, cpu, peak[0] / 1e9)


def _tree_bytes(root: int) -> int:
    """Resident bytes of a process and its descendants."""
    parents, resident = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it ended meanwhile
            parents[int(entry.name)], resident[int(entry.name)] = int(fields[1]), int(fields[21]) * PAGE_BYTES
    total, below = 0, {root}
    while below:
        total += sum(resident.get(pid, 0) for pid in below)
        below = {pid for pid, parent in parents.items() if parent in below}
    return total
