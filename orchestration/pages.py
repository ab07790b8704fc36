"""Dagster's pages with a guard before them.

`python -m cartwright.orchestration.pages` takes the options of dagster-webserver.

Dagster answers whoever asks, also by GET and by a form, so any page in the operator's browser could start or delete
runs. The guard lets through what the pages themselves send, what is typed, and programs of this machine.
"""

from __future__ import annotations

from dagster_webserver import app, cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from cartwright.orchestration.site_guard import HOSTS, OwnOrigin


class GuardedWebserver(DagsterWebserver):
    def build_middleware(self) -> list[Middleware]:
        guard = [Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS), Middleware(OwnOrigin)]
        return [*guard, *super().build_middleware()]


if __name__ == "__main__":
    app.DagsterWebserver = GuardedWebserver  # type: ignore[misc]  # no option of Dagster names another class
    cli.main()
