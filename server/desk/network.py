"""Network addresses as far as they are kept: enough to tell one office from another, not one person."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Literal, assert_never

How = Literal["short", "full", "none"]
_KEPT_BITS = {4: 24, 6: 48}
_IPV4 = 4


def shortened(address: str) -> str:
    """The network of an address: ``192.0.2.0/24``, ``2001:db8:1::/48``; nothing for what is no address."""
    try:
        version = ip_address(address).version
    except ValueError:
        return ""
    return str(ip_network(f"{address}/{_KEPT_BITS[version]}", strict=False))


def as_kept(address: str, how: How) -> str:
    """What is written down of an address under the workspace's setting `addresses`."""
    match how:
        case "short":
            return shortened(address)
        case "full":
            return address
        case "none":
            return ""
        case _:
            assert_never(how)


def household(address: str) -> str:
    """Whom an address stands for where somebody counts: of IPv6 the /64, which one customer has whole."""
    try:
        version = ip_address(address).version
    except ValueError:
        return address
    return address if version == _IPV4 else str(ip_network(f"{address}/64", strict=False))
