"""Origins as browsers send them: scheme, host and port, compared as values and not as text."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from msgspec import Struct

ANY_ORIGIN = "*"

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")


class Origin(Struct, frozen=True):
    """A web origin; host in lower case (IPv6 without brackets), port never left out."""

    scheme: str
    host: str
    port: int


@lru_cache(maxsize=1024)  # each connection's is compared with those of its site, which are always the same
def parse_origin(text: str) -> Origin:
    """The origin of `http://shop.example:8080` or `https://shop.example`.

    Raises:
        ValueError: another scheme, no host, a bad port, or more than an origin has (a path, even "/", a user, a query).
    """
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f'"{text}" has no usable host or port') from None
    if parts.scheme not in _PORTS or not host:
        raise ValueError(f'"{text}" is no origin such as "https://shop.example"')
    if "@" in parts.netloc or text.lower() != f"{parts.scheme}://{parts.netloc}".lower():
        raise ValueError(f'"{text}" has more than scheme, host and port')
    if not host.isascii():
        raise ValueError(f'"{text}" has a host that browsers write in another way ("xn--...")')
    if not _HOST.fullmatch(host) or port == 0 or parts.netloc.endswith(":"):
        raise ValueError(f'"{text}" has no usable host or port')
    return Origin(parts.scheme, host, _PORTS[parts.scheme] if port is None else port)
