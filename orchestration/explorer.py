"""What `cartwright explore` and `cartwright notebook` run: pages on 127.0.0.1 for the one browser that is let in."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from threading import RLock, Thread
from types import FrameType
from typing import TYPE_CHECKING

from cartwright.warehouse.house import all_places
from cartwright.warehouse.not_found import NoRelease, NotInstalled, UnknownName
from cartwright.warehouse.settings import CHECKOUT, Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from cartwright.explore.guard import Guard

NOTEBOOK = CHECKOUT / "explore" / "notebook.py"


def demand(library: str) -> None:
    """Raises NotInstalled with the line that installs it."""
    if find_spec(library) is None:
        lock = CHECKOUT / "requirements" / "notebook.lock"
        raise NotInstalled(f"this needs {library}: {sys.executable} -m pip install --no-deps -r {lock}")


def explore(settings: Settings, study: str | None, port: int, told: Callable[[str], None]) -> None:
    """Serve the explorer until interrupted. Raises UnknownName, NoRelease, NotInstalled."""
    demand("shiny")
    token = secrets.token_urlsafe(24)
    pages = guarded(explorer(settings, study), token, port)
    told(f"http://127.0.0.1:{port}/?token={token}")
    sys.stdout.flush()
    serve(pages, port)


def serve(pages: ASGIApp, port: int) -> None:
    """Serve pages that only read, until interrupted or terminated: then at once, also while something is computed."""
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            os._exit(0 if sig == signal.SIGINT else 128 + sig)  # uvicorn would wait until the computing ends

    Server(uvicorn.Config(pages, host="127.0.0.1", port=port, log_level="warning", access_log=False)).run()


def explorer(settings: Settings, study: str | None = None) -> ASGIApp:
    """The explorer of the studies that have a release, or of one of them; what it shows first is computed at once."""
    from cartwright.explore.app import app, first_view
    from cartwright.explore.guard import Guard
    from cartwright.explore.opening import study_of
    from cartwright.warehouse.connect import open_release
    from cartwright.warehouse.release.reading import records

    places = {place.study_id: place for place in all_places(settings) if place.current_db.exists()}
    if study is not None and study not in places:
        raise UnknownName(f"no study {study} has a release here; {', '.join(places) or 'none has'}")
    if not places:
        raise NoRelease("no study has a release here: run a refresh first")
    titles = {}
    for study_id, place in places.items():
        if study in (None, study_id):
            with open_release(place.current_db) as con:
                titles[study_id] = records(con, "study.study")[0]["title"]

    newest: dict[str, tuple[Path, Guard]] = {}
    one_at_a_time = RLock()  # a release is read through one connection

    def current(study_id: str) -> Guard:
        path = places[study_id].current_db.resolve()
        with one_at_a_time:
            if study_id not in newest or newest[study_id][0] != path:
                newest[study_id] = (path, Guard(study_of(path), settings.explore_least))
            return newest[study_id][1]

    def begin() -> None:
        with one_at_a_time:
            first_view(current(next(iter(titles))))

    Thread(target=begin, daemon=True).start()  # until somebody has opened the address
    return app(titles, current)


def guarded(pages: ASGIApp, token: str, port: int) -> ASGIApp:
    """The pages behind everything that stands before them."""
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    from cartwright.orchestration.site_guard import HOSTS, NothingFromOutside, OwnOrigin, Token

    inner = NothingFromOutside(Token(OwnOrigin(pages), token, port))
    return TrustedHostMiddleware(inner, allowed_hosts=HOSTS)


def own_notebook(path: Path) -> bool:
    """Put the notebook that comes with the program there, unless something is there already; whether it was put."""
    demand("marimo")
    if path.exists():
        return False
    shutil.copyfile(NOTEBOOK, path)
    return True
