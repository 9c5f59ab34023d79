"""All of the API as one list of operations."""

from __future__ import annotations

from server.control.operations import Operations
from server.desk.accounts import Accounts
from server.http.api.access import AccessApi
from server.http.api.bots import BotsApi
from server.http.api.conversations import ConversationsApi
from server.http.api.entry import Entry
from server.http.api.logins import AccountsApi, Logins
from server.http.api.openapi import Description
from server.http.api.operation import Operation
from server.http.api.routing import RoutingApi
from server.http.api.settings import SettingsApi
from server.http.api.visitors import VisitorsApi
from server.http.cookies import AgentCookies
from server.http.policy import Doors
from server.http.ports import Desk
from server.session.address import TrustedProxies


class Rest:
    """The API, from its parts."""

    def __init__(self, *, desk: Desk, accounts: Accounts, proxies: TrustedProxies, operations: Operations) -> None:
        cookies = AgentCookies(proxies)
        self._entry = Entry(desk=desk, accounts=accounts, cookies=cookies)
        described = [
            *Logins(desk=desk, accounts=accounts, proxies=proxies, cookies=cookies).operations(),
            *SettingsApi(operations).operations(),
            *BotsApi(operations).operations(),
            *AccountsApi(operations).operations(),
            *AccessApi(desk=desk, accounts=accounts, operations=operations).operations(),
            *ConversationsApi(operations).operations(),
            *RoutingApi(operations).operations(),
            *VisitorsApi(operations).operations(),
        ]
        self.operations: tuple[Operation, ...] = (*described, Description(described).operation())

    def add_to(self, doors: Doors) -> None:
        """Register all of it."""
        self._entry.add_to(doors, self.operations)
