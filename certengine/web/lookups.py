"""The look-up by programs, answered without the framework: what is asked most takes the shortest way.

Invariants:

1. It stands behind the guard and the observer as every route does, and is counted as the same one.
2. It answers as :meth:`~certengine.web.endpoint.Endpoint.code_json` does, to the byte; a visitor who asked too much,
   and whatever is not a plain ``GET`` of one code, goes that way.
"""

from __future__ import annotations

from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from certengine.credentials.report import verdict_text
from certengine.web.endpoint import STATUS_OF_STATE, Endpoint

_BEFORE, _AFTER = "/c/", ".json"
_JSON = (b"content-type", b"application/json")


class LookUps:
    """The innermost layer before the routes."""

    def __init__(self, app: ASGIApp, endpoint: Endpoint, route: Route) -> None:
        """Answer for ``route`` of ``endpoint`` here, and leave the rest to ``app``."""
        self._app = app
        self._endpoint = endpoint
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        code = _code(scope)
        client = scope.get("client")
        if code is None or not self._endpoint.may_ask(client[0] if client else ""):
            await self._app(scope, receive, send)
            return
        scope["route"] = self._route
        verdict = self._endpoint.by_code(code)
        self._endpoint.told(verdict)
        body = verdict_text(verdict).encode()
        headers = [(b"content-length", str(len(body)).encode()), _JSON]
        status = STATUS_OF_STATE.get(verdict.state, 200)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _code(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["method"] != "GET" or scope.get("root_path"):
        return None
    path: str = scope["path"]
    if not (path.startswith(_BEFORE) and path.endswith(_AFTER)):
        return None
    code = path[len(_BEFORE) : -len(_AFTER)]
    return code if code and "/" not in code else None
