"""The explorer as HTML: the frame around it, and what is shown of a choice. The look is the report's."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from cartwright.analysis.face.study import Study
from cartwright.analysis.report.page import PALETTE, TEMPLATES, environment, inline
from cartwright.explore.look import Look

if TYPE_CHECKING:
    from jinja2 import Environment

_OWN = Path(__file__).parent / "templates"


@cache
def _templates() -> Environment:
    return environment(_OWN)


def frame(libraries: str, study: str) -> str:
    """The page before anything is chosen. libraries: where the application puts its own; study: what chooses one."""
    from markupsafe import Markup

    parts = {"libraries": libraries, "study": study, "style": style()}
    return _templates().get_template("frame.html.j2").render({name: Markup(text) for name, text in parts.items()})


def about(study: Study, least: int) -> str:
    """What study and release these are; `least`: fewer patients are a small group."""
    return _templates().get_template("about.html.j2").render(about=study.about, least=least)


def style() -> str:
    """The style of the report, light and dark, and what the explorer adds."""
    light = "".join(f"--{name}: {one}; " for name, (one, _) in PALETTE.items())
    dark = "".join(f"--{name}: {other}; " for name, (one, other) in PALETTE.items() if one != other)
    by_name = f":root {{ {light}}}\n@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark}}} }}\n"
    sheets = (TEMPLATES / "report.css", _OWN / "explore.css")
    return by_name + "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


def shown(look: Look) -> str:
    """What is shown of a choice."""
    from markupsafe import Markup

    link = "data:text/yaml;base64," + base64.b64encode(look.plan.encode()).decode()
    svg = Markup(inline(look.svg)) if look.svg else None  # drawn by us, text escaped by matplotlib
    return _templates().get_template("look.html.j2").render(look=look, svg=svg, plan_link=link)
