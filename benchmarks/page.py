"""docs/benchmarks.md holds tables between markers; a measurement rewrites its own and leaves the words around it."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def write_section(name: str, lines: list[str]) -> None:
    """Replace what stands between the markers of a section. Raises ValueError when the page has no such section."""
    start, end = f"<!-- measured: {name} -->\n", "<!-- end -->"
    before, found, rest = PAGE.read_text(encoding="utf-8").partition(start)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{PAGE.name} has no section {name}")
    PAGE.write_text(before + start + "\n" + "\n".join(lines) + "\n\n" + end + after, encoding="utf-8")
