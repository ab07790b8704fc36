"""What stands before pages of this machine: only the browser that was let in, and nothing that another site sends."""

from __future__ import annotations

from hmac import compare_digest
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOSTS = ["127.0.0.1", "localhost"]  # not whatever other name was made to lead here (DNS rebinding)
_POLICY_VIOLATION = 1008  # RFC 6455
_REFUSAL = "Refused: another site had your browser send this. Open the pages themselves and try there.\n"
_NOT_LET_IN = "Refused: open the whole address that was printed where these pages were started.\n"


class OwnOrigin:
    """Refuses what a page of another site had the browser send (W3C Fetch Metadata; Origin of older browsers)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or _is_own(scope):
            await self.app(scope, receive, send)
        else:
            await _refuse(_REFUSAL, scope, receive, send)


class Token:
    """Lets in who shows the token, once in the address (`?token=`), from then on by a cookie of that browser.

    A port of this machine is open to all of its users, the cookie is not; it is named by the port, as browsers send a
    cookie to every port.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app, self.token, self.name = app, token, f"cartwright_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_it(HTTPConnection(scope).cookies.get(self.name)):
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and self._is_it(Request(scope).query_params.get("token")):
            welcome = RedirectResponse(scope["path"], 303)
            welcome.set_cookie(self.name, self.token, httponly=True, samesite="strict")
            await welcome(scope, receive, send)
        else:
            await _refuse(_NOT_LET_IN, scope, receive, send)

    def _is_it(self, shown: str | None) -> bool:
        return shown is not None and compare_digest(shown.encode(), self.token.encode())


class NothingFromOutside:
    """Has the browser ask no other machine for anything, whatever a page says (Content Security Policy)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        await self.app(scope, receive, with_policy)


_POLICY = "default-src 'self' data: 'unsafe-inline' 'unsafe-eval'; frame-ancestors 'none'; form-action 'self'"
_HEADERS = [(b"content-security-policy", _POLICY.encode()), (b"referrer-policy", b"no-referrer")]


def _is_own(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    is_get = scope.get("method") == "GET"
    if is_get and scope["path"] == "/graphql" and "text/html" not in headers.get("accept", ""):
        return False  # a query, mutations too: the pages send theirs by POST, by GET a mere link would do it
    if (origin := headers.get("origin")) and urlsplit(origin).netloc != headers.get("host"):
        return False
    site = headers.get("sec-fetch-site", "none")
    return site in ("none", "same-origin") or (is_get and headers.get("sec-fetch-mode") == "navigate")


async def _refuse(words: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
    else:
        await PlainTextResponse(words, 403)(scope, receive, send)
