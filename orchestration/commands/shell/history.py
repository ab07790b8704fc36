"""What was typed before, in the user's own folder and for nobody else to read."""

from __future__ import annotations

import os
import re
from pathlib import Path

from prompt_toolkit.history import FileHistory

PSEUDONYM = re.compile(r"\bCW-[0-9A-F]", re.IGNORECASE)


class OwnHistory(FileHistory):
    """Statements of earlier sessions. One that names a pseudonym, or begins with a blank, is remembered in this session
    only: the file would tell whom somebody looked at, to every backup of a home folder."""

    def store_string(self, string: str) -> None:
        if not PSEUDONYM.search(string) and not string.startswith(" "):
            super().store_string(string)


def place() -> Path:
    """Where the history lies: by the XDG convention, in the folder of a program's state."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "cartwright" / "sql_history"


def own_history() -> OwnHistory | None:
    """The history, its file open to its owner alone; None where that cannot be (no home, another user's file)."""
    path = place()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        try:
            if os.fstat(descriptor).st_uid != os.geteuid():
                return None
            os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except (OSError, RuntimeError):  # RuntimeError: no home folder
        return None
    return OwnHistory(str(path))
