"""The explorer: a Shiny application around `look`. Nothing of a page is asked of another machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from shiny import App, Inputs, Outputs, Session, reactive, render, ui

from cartwright.analysis.plan.definition import PlanError
from cartwright.explore import page
from cartwright.explore.choices import Choice, first
from cartwright.explore.guard import Guard
from cartwright.explore.look import look as look_at

_LIBRARIES = "<!-- libraries of the application -->"
_KEPT = 100  # looks


def app(studies: Mapping[str, str], opened: Callable[[str], Guard]) -> App:
    """The application.

    studies  id of each study that has a release -> its title
    opened   gives its current release, with what may be shown of it
    """

    def server(input: Inputs, output: Outputs, session: Session) -> None:
        @reactive.calc
        def guard() -> Guard:
            return opened(input.study() if len(studies) > 1 else next(iter(studies)))

        @render.ui
        def about() -> Any:
            return ui.HTML(page.about(guard().study, guard().least))

        @render.ui
        def choices() -> Any:
            return _choices(guard())

        @render.ui
        def groups() -> Any:
            grouping = guard().offer.groupings.get(input.grouping())
            if grouping is None or len(grouping.levels) < 2:
                return None
            named = {level.level: level.label for level in grouping.levels}
            return ui.input_checkbox_group("levels", "Groups shown", named, selected=list(named))

        @render.ui
        def look() -> Any:
            choice = Choice(input.population(), input.endpoint(), input.grouping(), _ticked(input, guard()))
            try:
                return ui.HTML(_shown(guard(), choice))
            except PlanError as error:
                return ui.tags.p(str(error), role="alert")

    of_study = str(ui.input_select("study", "Study", dict(studies))) if len(studies) > 1 else ""
    made = App(ui.page_html(page.frame(_LIBRARIES, of_study), deps_replace_pattern=_LIBRARIES), server)
    made.sanitize_errors = True  # what went wrong is for the terminal, not for a page
    return made


def first_view(guard: Guard) -> None:
    """Compute what is shown before anything is chosen, and keep it: with its libraries it takes seconds."""
    if guard.offer.endpoints:
        _shown(guard, first(guard.study))


@lru_cache(_KEPT)
def _shown(guard: Guard, choice: Choice) -> str:
    return page.shown(look_at(guard, choice))


def _ticked(input: Inputs, guard: Guard) -> tuple[str, ...]:
    """The groups that are ticked, where they are some of those that are chosen; none: all of them."""
    grouping = guard.offer.groupings.get(input.grouping())
    if grouping is None or len(grouping.levels) < 2:
        return ()
    ticked, known = input.levels(), [level.level for level in grouping.levels]
    return tuple(ticked) if ticked and set(ticked) < set(known) else ()


def _choices(guard: Guard) -> Any:
    offer = guard.offer
    if not offer.endpoints:
        return ui.tags.p("The plan of this study draws no Kaplan-Meier curve: no method is declared to look with.")
    now = first(guard.study)
    groupings = {key: grouping.words for key, grouping in offer.groupings.items()}
    return ui.TagList(
        ui.input_select("population", "Population", dict(offer.populations), selected=now.population),
        ui.input_select("endpoint", "Endpoint", dict(offer.endpoints), selected=now.endpoint),
        ui.input_select("grouping", "Groups", groupings, selected=now.grouping),
        ui.output_ui("groups"),
    )
