"""What only the demo has is for this machine alone: also a page must not reach it that came from elsewhere.

The demo listens on loopback, but a browser here can be led to it under any name: a site's own name server may answer
with 127.0.0.1 the second time it is asked, and then its page is "our own". It still has to say the name it called.
"""

from __future__ import annotations

import ipaddress

from aiohttp import web

from server.http.policy import Policy
from server.wire.codes import ErrorCode, Refused


def only_here(policy: Policy) -> Policy:
    """The same policy for those who call this machine by a name of its own."""

    def admit(request: web.Request) -> None:
        if not names_this_machine(request.host):
            raise Refused(ErrorCode.FORBIDDEN, "The demo is at localhost or 127.0.0.1 only.")
        policy.admit(request)

    return Policy(f"{policy.name}, on this machine", policy.methods, admit)


def names_this_machine(host: str) -> bool:
    """Whether a Host header, with its port or without, is a loopback address or ``localhost``."""
    named, _, port = host.rpartition(":")
    name = (named if port.isdigit() and named else host).lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False
