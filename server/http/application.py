"""All of it as one aiohttp application."""

from __future__ import annotations

from functools import partial
from typing import Final, get_args

from aiohttp import web

from server.control.operations import Operations
from server.desk.accounts import Accounts
from server.http import security
from server.http.api.operation import MAX_BODY
from server.http.api.rest import Rest
from server.http.built import Built
from server.http.health import Health
from server.http.killing import Killing
from server.http.metrics import Metrics
from server.http.pages import Pages
from server.http.policy import SOCKET, Doors, Pace
from server.http.ports import Desk
from server.http.showing import Show, Showing
from server.http.sitting import Sitting
from server.session.address import TrustedProxies
from server.session.bounds import Bounds
from server.session.connections import Connections
from server.wire.codes import ErrorCode
from server.wire.requests import Endpoint

_API: Final = "/api/"
ENDPOINTS: Final[tuple[Endpoint, ...]] = get_args(Endpoint)


def application(  # noqa: PLR0913 - the rooms it opens doors to
    *,
    desk: Desk,
    accounts: Accounts,
    connections: Connections,
    proxies: TrustedProxies,
    bounds: Bounds | None = None,
    operations: Operations,
    built: Built | None = None,
    demo: bool = False,
    metrics: Metrics | None = None,
    show: Show | None = None,
) -> web.Application:
    """Sockets, REST, health and pages. It starts nothing and owns nothing: whoever made the parts ends them."""
    doors = Doors(pace=_pace(bounds, proxies), note=partial(note_refusal, bounds))
    for endpoint in ENDPOINTS:
        doors.add("GET", f"/ws/{endpoint}", connections.handler(endpoint), policy=SOCKET)
    Rest(desk=desk, accounts=accounts, proxies=proxies, operations=operations).add_to(doors)
    Health(desk, accepting=lambda: not connections.draining).add_to(doors)
    if metrics is not None:
        metrics.add_to(doors)
    if demo:
        Sitting(desk=desk, accounts=accounts, proxies=proxies).add_to(doors)
    if show is not None:
        Showing(show).add_to(doors)
        if show.stored is not None and show.kill is not None:
            Killing(show.stored, show.kill).add_to(doors)
    Pages(desk=desk, built=built or Built(), demo=demo).add_to(doors)
    app = web.Application(client_max_size=MAX_BODY)
    doors.install(app)
    app.on_response_prepare.append(security.stay_encrypted(proxies))
    return app


def _pace(bounds: Bounds | None, proxies: TrustedProxies) -> Pace:
    """The API is asked at a limited pace; pages and their files, which cost nothing, at any."""

    def pace(request: web.Request) -> None:
        if bounds is not None and request.path.startswith(_API):
            bounds.limits.insist("requests_per_address", proxies.limited_as(request.remote, request.headers))

    return pace


def note_refusal(bounds: Bounds | None, code: ErrorCode) -> None:
    """Plain HTTP has refused something."""
    if bounds is not None:
        bounds.refusals.note("http", code)
