from __future__ import annotations

import pytest
from multidict import CIMultiDict

from server.session.address import TrustedProxies

NONE = TrustedProxies()
INNER = TrustedProxies(["10.0.0.0/8", "::1", "fd00::/8"])


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "client"),
    [
        (NONE, "192.0.2.1", None, "192.0.2.1"),
        (NONE, "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (NONE, None, "198.51.100.7", ""),
        (INNER, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (INNER, "10.0.0.1", "1.1.1.1, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (INNER, "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (INNER, "10.0.0.1", None, "10.0.0.1"),
        (INNER, "10.0.0.1", "<script>", "10.0.0.1"),
        (INNER, "10.0.0.1", "", "10.0.0.1"),
        (INNER, "::1", "2001:db8::1", "2001:db8::1"),
        (INNER, "::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (INNER, "fe80::1%eth0", "198.51.100.7", "fe80::1"),
    ],
)
def test_only_trusted_proxies_speak_for_others(proxies, peer, forwarded, client):
    assert client == proxies.client(peer, forwarded)


@pytest.mark.parametrize(
    ("proxies", "peer", "scheme", "forwarded", "https"),
    [
        (NONE, "10.0.0.1", "http", "https", False),
        (NONE, "10.0.0.1", "https", None, True),
        (INNER, "10.0.0.1", "http", "https", True),
        (INNER, "10.0.0.1", "http", "http", False),
        (INNER, "192.0.2.1", "http", "https", False),
        (INNER, None, "http", "https", False),
    ],
)
def test_https_is_believed_of_trusted_proxies(proxies, peer, scheme, forwarded, https):
    assert https is proxies.is_https(peer, scheme, forwarded)


TELLING = TrustedProxies(["10.0.0.0/8"], country_header="CF-IPCountry")


@pytest.mark.parametrize(
    ("proxies", "peer", "headers", "country"),
    [
        (TELLING, "10.0.0.1", {"CF-IPCountry": "DK"}, "DK"),
        (TELLING, "::ffff:10.0.0.1", {"CF-IPCountry": "DK"}, "DK"),
        (TELLING, "10.0.0.1", {"X-Country": "DK"}, ""),
        (TELLING, "192.0.2.1", {"CF-IPCountry": "DK"}, ""),
        (TELLING, None, {"CF-IPCountry": "DK"}, ""),
        (INNER, "10.0.0.1", {"CF-IPCountry": "DK", "": "DK"}, ""),
    ],
)
def test_the_country_is_believed_of_trusted_proxies_in_the_header_they_use(proxies, peer, headers, country):
    assert proxies.country(peer, headers) == country


def test_a_network_that_is_none_is_refused():
    with pytest.raises(ValueError, match="does not appear"):
        TrustedProxies(["everywhere"])


# What stands in the header: proxies write addresses in many ways, and clients write whatever they like before it.
CORPUS = [
    ("198.51.100.7", "198.51.100.7"),
    ("198.51.100.7:4711", "198.51.100.7"),
    ("[2001:db8::7]", "2001:db8::7"),
    ("[2001:db8::7]:443", "2001:db8::7"),
    ('"[2001:db8::7]:443"', "2001:db8::7"),
    ("2001:db8::7%eth0", "2001:db8::7"),
    ("::ffff:198.51.100.7", "198.51.100.7"),
    ("2001:DB8:0:0::7", "2001:db8::7"),
    ("  198.51.100.7\t", "198.51.100.7"),
    ("1.1.1.1, 198.51.100.7", "198.51.100.7"),
    ("10.0.0.9, 198.51.100.7", "198.51.100.7"),
    ("127.0.0.1, 198.51.100.7, 10.0.0.2, 10.0.0.3", "198.51.100.7"),
    ("198.51.100.7, unknown, 10.0.0.2", "10.0.0.2"),
    ("198.51.100.7,", "10.0.0.1"),
    ("unknown", "10.0.0.1"),
    ("_hidden", "10.0.0.1"),
    ("256.1.1.1", "10.0.0.1"),
    ("198.51.100.7.", "10.0.0.1"),
    ("0x7f.1", "10.0.0.1"),
    ("2130706433", "10.0.0.1"),
    ("198.51.100.7;DROP", "10.0.0.1"),
    ("198.51.100.007", "10.0.0.1"),
    ("[", "10.0.0.1"),
    (":::", "10.0.0.1"),
    ("::1%", "::1"),
    ("x" * 10_000, "10.0.0.1"),
    (",".join(["1.1.1.1"] * 5_000), "1.1.1.1"),
]


@pytest.mark.parametrize(("header", "client"), CORPUS)
def test_what_a_trusted_proxy_says(header: str, client: str):
    trusted = TrustedProxies(["10.0.0.0/8"])
    assert trusted.client_of("10.0.0.1", CIMultiDict({"X-Forwarded-For": header})) == client


@pytest.mark.parametrize("header", [header for header, _ in CORPUS])
def test_nobody_else_is_believed(header: str):
    headers = CIMultiDict({"X-Forwarded-For": header})
    for proxies in (NONE, INNER):
        assert proxies.client_of("192.0.2.1", headers) == "192.0.2.1"
        assert proxies.limited_as("192.0.2.1", headers) == "192.0.2.1"


def test_a_proxy_that_adds_a_header_of_its_own_is_heard_after_that_of_the_client():
    headers = CIMultiDict([("X-Forwarded-For", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7")])
    assert INNER.client_of("10.0.0.1", headers) == "198.51.100.7"


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "limited_as"),
    [
        (NONE, "192.0.2.1", None, "192.0.2.1"),
        (NONE, "127.0.0.1", None, "127.0.0.1"),
        (NONE, "2001:db8:1:2:3:4:5:6", None, "2001:db8:1:2::/64"),
        (NONE, "2001:db8:1:2:ffff::1", None, "2001:db8:1:2::/64"),
        (NONE, "2001:db8:1:3::1", None, "2001:db8:1:3::/64"),
        (NONE, "::ffff:192.0.2.1", None, "192.0.2.1"),
        (NONE, "64:ff9b::c000:201", None, "192.0.2.1"),
        (INNER, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (INNER, "10.0.0.1", "2001:db8::7", "2001:db8::/64"),
        (INNER, "10.0.0.1", "10.9.9.9", "10.9.9.9"),
        # Proxies that speak for many.
        (INNER, "10.0.0.1", None, ""),
        (INNER, "10.0.0.1", "unknown", ""),
        (NONE, "127.0.0.1", "198.51.100.7", ""),
        (NONE, "::1", "198.51.100.7", ""),
        (NONE, "172.18.0.2", "198.51.100.7", ""),
        (NONE, "172.18.0.2", None, "172.18.0.2"),
        (NONE, "203.0.113.5", "198.51.100.7", "203.0.113.5"),
        (INNER, "192.168.1.1", "198.51.100.7", "192.168.1.1"),
        (NONE, None, None, ""),
        (NONE, "", None, ""),
    ],
)
def test_what_limits_go_by(proxies: TrustedProxies, peer: str | None, forwarded: str | None, limited_as: str):
    headers = CIMultiDict({} if forwarded is None else {"X-Forwarded-For": forwarded})
    assert proxies.limited_as(peer, headers) == limited_as


@pytest.mark.parametrize(
    ("proxies", "peer", "limited_as"),
    [
        (NONE, "198.51.100.7", "198.51.100.7"),
        (NONE, "2001:db8::7", "2001:db8::/64"),
        (INNER, "10.0.0.1", ""),
        (INNER, "192.168.1.1", "192.168.1.1"),
        # May be a proxy that was forgotten.
        (NONE, "127.0.0.1", ""),
        (NONE, "::ffff:172.18.0.2", ""),
        (NONE, None, ""),
    ],
)
def test_what_a_line_is_limited_as_before_it_has_said_anything(
    proxies: TrustedProxies, peer: str | None, limited_as: str
):
    assert proxies.line_limited_as(peer) == limited_as
