"""From where a connection may be opened: compared as values, so that nothing that only looks right is right."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from server.desk.origins import Origins
from tests.support.origins import homographs, lookalikes

SHOP = "https://shop.example"
OURS = "https://desk.example"
HOST = "desk.example"


def origins(*allowed: str, absent_ok: bool = False) -> Origins:
    directory = SimpleNamespace(sites={"demo": SimpleNamespace(origins=allowed), "other": SimpleNamespace(origins=())})
    return Origins(lambda: cast("Any", directory), public=("https://chat.example",), absent_ok=absent_ok)


@pytest.mark.parametrize(
    "origin", [SHOP, "HTTPS://Shop.Example", f"{SHOP}:443", OURS, f"{OURS}:443", "https://chat.example"]
)
def test_the_same_origin_is_the_same_however_it_is_written(origin):
    assert origins(SHOP).accepts_on_site("demo", origin, HOST)


@pytest.mark.parametrize("origin", [*lookalikes(SHOP), *homographs(SHOP), *lookalikes(OURS), *homographs(OURS)])
def test_nothing_that_looks_like_it_is_it(origin):
    them = origins(SHOP)
    assert not them.accepts_on_site("demo", origin, HOST)
    assert not them.accepts("agent", origin, HOST)


def test_a_sites_origin_has_a_scheme():
    assert not origins(SHOP).accepts_on_site("demo", SHOP.replace("https", "http"), HOST)


def test_a_site_is_open_to_its_own_list_only():
    assert not origins(SHOP).accepts_on_site("other", SHOP, HOST)
    assert origins(SHOP).accepts_on_site("other", OURS, HOST)
    assert not origins(SHOP).accepts("agent", SHOP, HOST)


def test_a_list_with_a_wildcard_takes_every_origin_but_no_rubbish():
    assert origins("*").accepts_on_site("demo", "https://anywhere.example", HOST)
    for origin in ("null", "", "*", "https://a b", "https://x/", "file://x"):
        assert not origins("*").accepts_on_site("demo", origin, HOST)


@pytest.mark.parametrize("absent_ok", [True, False])
def test_no_origin_is_no_browser(absent_ok):
    them = origins(SHOP, absent_ok=absent_ok)
    assert them.accepts("agent", None, HOST)
    assert them.accepts("visitor", None, HOST) is absent_ok
    assert them.accepts_on_site("demo", None, HOST) is absent_ok


@pytest.mark.parametrize(
    "host", ["", "desk.example.evil.example", "evil.example", "desk.example@evil.example", "[::1", "a b"]
)
def test_our_own_origin_is_the_address_that_was_called(host):
    assert not origins().accepts("agent", OURS, host)
