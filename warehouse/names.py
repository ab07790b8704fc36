"""What to say of a name that nothing knows: which known one is nearest."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches


def unknown(kind: str, name: str, known: Collection[str]) -> tuple[str, str]:
    """(what is wrong, what to do) about a name that is not among the known."""
    near = get_close_matches(name, list(known), n=1) or sorted(word for word in known if name and name in word)
    listed = ", ".join(sorted(known)) if len(known) <= 12 else "docs/hospitals.md says where they stand"
    return f"unknown {kind} {name!r}", f"did you mean {near[0]!r}?" if near else f"one of: {listed}"
