"""A long text to read by screens: `$PAGER`, else less; `PAGER=cat` turns it off."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence

_LESS = "FRSX"  # a short text is printed; colours; lines are not folded, arrow keys go sideways; the text stays


def show(lines: Sequence[str], always: bool = False) -> None:
    """Print, through the pager where the lines do not fit the screen (or `always`, for lines wider than it)."""
    if always or len(lines) >= shutil.get_terminal_size().lines:
        command = shlex.split(os.environ.get("PAGER") or "less")
        if command and shutil.which(command[0]):
            return _page(command, "\n".join(lines) + "\n")
    sys.stdout.write("\n".join(lines) + "\n")


def _page(command: list[str], text: str) -> None:
    environment = {"LESS": _LESS, "LESSSECURE": "1", **os.environ}
    sys.stdout.flush()
    was = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's as long as it runs
    try:
        subprocess.run(command, input=text, text=True, env=environment, errors="replace", check=False)
    finally:
        signal.signal(signal.SIGINT, was)
