"""What to say of a name that nothing knows: which known one is nearest."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

SHOWN = 40  # so many known names are listed


def unknown(kind: str, name: object, known: Collection[str], else_: str = "") -> tuple[str, str]:
    """(what is wrong, what to do) about a name that is not among the known.

    `else_`: what else can be done, or where the known names stand when they are too many to list.
    """
    near = nearest(str(name), known)
    if near:
        said = f'did you mean "{near}"?' + (f" Else {else_}" if else_ else "")
    elif 0 < len(known) <= SHOWN:
        said = f"one of {', '.join(sorted(set(known)))}" + (f", or {else_}" if else_ else "")
    else:
        said = else_ or "look it up in docs/"
    return f'"{name}" is no {kind}', said


def nearest(name: str, known: Collection[str]) -> str | None:
    """The known name that was most likely meant; capitals do not count."""
    if not name:
        return None
    lower = {word.lower(): word for word in sorted(known, reverse=True)}
    near = get_close_matches(name.lower(), lower, n=1)
    part = sorted((word for word in lower if name.lower() in word or (len(word) > 3 and word in name.lower())), key=len)
    return lower[near[0]] if near else lower[part[0]] if part else None
