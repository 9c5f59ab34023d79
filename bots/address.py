"""Where a bot dials in: people write the address of their chat server in many ways."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from bots.errors import SetupError

PATH: Final = "/ws/bot"
_SCHEMES: Final = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}


def endpoint(url: str) -> str:
    """The WebSocket address for bots of the server at `url`; raises `SetupError` for what cannot be one."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        scheme, port = _SCHEMES[parts.scheme], parts.port
    except (KeyError, ValueError):
        raise SetupError(f"{url!r} is no address of a server; one looks like https://chat.example.org") from None
    if not parts.hostname or (port is not None and port < 1):
        raise SetupError(f"{url!r} names no host; an address looks like https://chat.example.org")
    path = parts.path.rstrip("/")
    return urlunsplit((scheme, parts.netloc, path if path.endswith(PATH) else path + PATH, "", ""))


def is_local(url: str) -> bool:
    """Whether that is this machine: no proxy lies between, and nobody can listen."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_open(url: str) -> bool:
    """Whether the token would travel for anybody to read."""
    return urlsplit(url).scheme == "ws" and not is_local(url)
