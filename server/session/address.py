"""Where a request comes from: what a proxy says of it counts only if we were told to trust that proxy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class TrustedProxies:
    """The networks whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; none by default.

    `country_header` is the name of one more header that they may set, such as `CF-IPCountry`.
    """

    def __init__(self, networks: Iterable[str] = (), *, country_header: str = "") -> None:
        """Raises ValueError for what is no network, such as `10.0.0.0/8` or `::1`."""
        self._country_header = country_header
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

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
