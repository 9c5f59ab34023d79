"""Where a request comes from: what a proxy says of it counts only if we were told to trust that proxy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import structlog
from multidict import MultiMapping

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_log = structlog.get_logger("session")

FORWARDED_FOR: Final = "X-Forwarded-For"
# The well-known prefix under which IPv6-only networks reach IPv4: the last 32 bits tell them apart.
_NAT64: Final = IPv6Network("64:ff9b::/96")
_NEIGHBOURS: Final = tuple(
    ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1", "fc00::/7", "fe80::/10")
)
_WITHOUT_HOST_BITS: Final = 64  # of an IPv6 address: a household or office has a whole /64


class TrustedProxies:
    """The networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; none by default.

    `country_header` is the name of one more header that they may set, such as `CF-IPCountry`.
    """

    def __init__(self, networks: Iterable[str] = (), *, country_header: str = "") -> None:
        """Raises ValueError for what is no network, such as `10.0.0.0/8` or `::1`."""
        self._country_header = country_header
        self._said = False
        self._networks: tuple[Network, ...] = tuple(ip_network(network) for network in networks)

    def client(self, peer: str | None, forwarded_for: str | None) -> str:
        """The address of the client: of the connection itself, or the last one that no trusted proxy has."""
        if peer is None:
            return ""
        hops = [*(forwarded_for or "").split(","), peer]
        client = peer
        for hop in reversed(hops):
            address = _parse(hop)
            if address is None:
                break
            client = str(address)
            if not self._trusts(address):
                break
        return client

    def client_of(self, peer: str | None, headers: MultiMapping[str]) -> str:
        """The same from the headers of a request: some proxies add to the header, others add one more."""
        return self.client(peer, _forwarded_for(headers))

    def limited_as(self, peer: str | None, headers: MultiMapping[str]) -> str:
        """By what a client is limited: its address, or the /64 of IPv6.

        Empty for nobody in particular: a trusted proxy that does not say for whom it speaks, or a neighbour that speaks
        for others while no proxy is trusted, which is one that was forgotten. All who come through it would share one
        limit, and the first to flood would shut out the rest.
        """
        forwarded_for = _forwarded_for(headers)
        speaker = _parse(peer or "")
        client = _parse(self.client(peer, forwarded_for))
        if speaker is None or client is None:
            return ""
        if client == speaker and (self._trusts(speaker) or self._forgotten(speaker, forwarded_for)):
            return ""
        return _network(client)

    def line_limited_as(self, peer: str | None) -> str:
        """By what a connection is limited that has said nothing yet.

        Empty for nobody in particular: a trusted proxy, and while none is listed, a neighbour, who may be one.
        """
        speaker = _parse(peer or "")
        if speaker is None or self._trusts(speaker) or (not self._networks and _is_neighbour(speaker)):
            return ""
        return _network(speaker)

    def is_https(self, peer: str | None, scheme: str, forwarded_proto: str | None) -> bool:
        """Whether the client's own connection is encrypted."""
        address = _parse(peer or "")
        if forwarded_proto is not None and address is not None and self._trusts(address):
            return forwarded_proto.split(",")[-1].strip().lower() == "https"
        return scheme == "https"

    def country(self, peer: str | None, headers: Mapping[str, str]) -> str:
        """What a trusted proxy says of the country that the client is in, unchecked; nothing from anybody else."""
        address = _parse(peer or "")
        if not self._country_header or address is None or not self._trusts(address):
            return ""
        return headers.get(self._country_header, "")

    def _forgotten(self, speaker: Address, forwarded_for: str | None) -> bool:
        if self._networks or forwarded_for is None or not _is_neighbour(speaker):
            return False
        if not self._said:
            self._said = True
            _log.warning(
                "a proxy is not listed as trusted, so clients are not told apart by address; see --trusted-proxy"
            )
        return True

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _forwarded_for(headers: MultiMapping[str]) -> str | None:
    lines = headers.getall(FORWARDED_FOR, [])
    return ",".join(lines) if lines else None


def _is_neighbour(address: Address) -> bool:
    return any(address in network for network in _NEIGHBOURS)


def _network(address: Address) -> str:
    """One for all the addresses that one client has."""
    if isinstance(address, IPv4Address):
        return str(address)
    if address in _NAT64:
        return str(IPv4Address(int(address) & 0xFFFF_FFFF))
    return f"{IPv6Address(int(address) >> _WITHOUT_HOST_BITS << _WITHOUT_HOST_BITS)}/64"


@lru_cache(maxsize=4096)  # a connection's is asked for several times, and those of one address come together
def _parse(text: str) -> Address | None:
    """An address as proxies write it: alone, in brackets, with a port or a zone."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
