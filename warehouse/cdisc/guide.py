"""The reviewer's guide: what a statistician must know before reading the data sets. Made of the same tables as they."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cartwright.warehouse.cdisc.check import KINDS, Lack
from cartwright.warehouse.cdisc.shape import Shaped
from cartwright.warehouse.cdisc.study import About


def guide(about: About, shaped: Sequence[Shaped], found: Sequence[Lack]) -> bytes:
    """The page, one file without anything from outside."""
    loader = FileSystemLoader(Path(__file__).parent)
    template = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True).get_template(
        "guide.html.j2"
    )
    own = [
        (each.about.name, [v for v in each.variables if v.column and v.name.lower() != v.column])
        for each in shaped
        if each.about.standard == "ADaM"
    ]
    page = template.render(
        about=about,
        shaped=shaped,
        absent=[(each.about.name, v) for each in shaped for v in each.variables if v.absent_because],
        renamed=[(name, variables) for name, variables in own if variables],
        found={kind: [f for f in found if f.kind == kind] for kind in KINDS},
        why=KINDS,
    )
    return page.encode()
