"""The country a visitor is probably in: what a trusted proxy says, else a database of addresses, else the time zone.

A label for rules, never a proof: anybody can set their clock to another zone.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import maxminddb

_CODE = re.compile(r"[A-Z]{2}")
# What proxies say when they do not know: Cloudflare's words for "unknown" and for Tor.
_NOWHERE = frozenset({"XX", "T1", "ZZ"})


class UnusableCountries(Exception):
    """The database of addresses cannot be used; the text says why, for whoever named it."""


class Countries:
    """`file`: a MaxMind-format database (GeoLite2 Country, DB-IP and others), read when the server starts."""

    def __init__(self, file: Path | None = None) -> None:
        """Raises `UnusableCountries`."""
        self._reader = None if file is None else _open(file)

    def of(self, *, said: str, address: str, timezone: str) -> str:
        """Two capital letters, or nothing. `said`: by a trusted proxy; `address`: the visitor's."""
        return _code(said) or self._by_address(address) or by_timezone(timezone)

    def _by_address(self, address: str) -> str:
        if self._reader is None:
            return ""
        try:
            found: Any = self._reader.get(ip_address(address))
        except ValueError:  # no address; or one of version 6 in a database of version 4
            return ""
        match found:
            case {"country": {"iso_code": str(code)}}:
                return _code(code)
            case {"country_code": str(code)} | {"country": str(code)}:
                return _code(code)
            case _:
                return ""


def by_timezone(timezone: str) -> str:
    """The country that most people on this clock are in."""
    zones, links = _zones()
    return zones.get(timezone) or zones.get(links.get(timezone, ""), "")


def _open(file: Path) -> maxminddb.Reader:
    try:
        return maxminddb.open_database(file)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise UnusableCountries(f"{file} is no database of countries that can be read: {error}") from error


def _code(text: str) -> str:
    code = text.strip().upper()
    return code if _CODE.fullmatch(code) and code not in _NOWHERE else ""


@cache
def _zones() -> tuple[dict[str, str], dict[str, str]]:
    """The country of each time zone, and the zones that go by another name now; from the package `tzdata`."""
    folder = resources.files("tzdata") / "zoneinfo"
    table = (folder / "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    links = [line.split() for line in (folder / "tzdata.zi").read_text("utf-8").splitlines() if line.startswith("L ")]
    return {row[2]: row[0] for row in rows}, {link[2]: link[1] for link in links}
