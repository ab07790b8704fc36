"""Dagster's pages with a guard before them.

`python -m cartwright.orchestration.pages` takes the options of dagster-webserver.

Dagster answers whoever asks, also by GET and by a form, so any page in the operator's browser could start or delete
runs. The guard lets through what the pages themselves send, what is typed, and programs of this machine.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from dagster_webserver import app, cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

HOSTS = ["127.0.0.1", "localhost"]  # not whatever other name was made to lead here (DNS rebinding)
_POLICY_VIOLATION = 1008  # RFC 6455
_REFUSAL = "Refused: another site had your browser send this. Open the pages themselves and try there.\n"


class OwnOrigin:
    """Refuses what a page of another site had the browser send (W3C Fetch Metadata; Origin of older browsers)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _is_own(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await PlainTextResponse(_REFUSAL, 403)(scope, receive, send)


def _is_own(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    is_get = scope.get("method") == "GET"
    if is_get and scope["path"] == "/graphql" and "text/html" not in headers.get("accept", ""):
        return False  # a query, mutations too: the pages send theirs by POST, by GET a mere link would do it
    if (origin := headers.get("origin")) and urlsplit(origin).netloc != headers.get("host"):
        return False
    site = headers.get("sec-fetch-site", "none")
    return site in ("none", "same-origin") or (is_get and headers.get("sec-fetch-mode") == "navigate")


class GuardedWebserver(DagsterWebserver):
    def build_middleware(self) -> list[Middleware]:
        guard = [Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS), Middleware(OwnOrigin)]
        return [*guard, *super().build_middleware()]


if __name__ == "__main__":
    app.DagsterWebserver = GuardedWebserver  # type: ignore[misc]  # no option of Dagster names another class
    cli.main()
