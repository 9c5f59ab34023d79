from __future__ import annotations

import pytest

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
