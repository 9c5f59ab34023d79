from __future__ import annotations

import re

import pytest

from server.settings.origin import Origin, parse_origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://shop.example", Origin("https", "shop.example", 443)),
        ("HTTPS://Shop.Example:443", Origin("https", "shop.example", 443)),
        ("http://127.0.0.1:8080", Origin("http", "127.0.0.1", 8080)),
        ("http://localhost", Origin("http", "localhost", 80)),
        ("http://[::1]:8080", Origin("http", "::1", 8080)),
        ("https://xn--bcher-kva.example", Origin("https", "xn--bcher-kva.example", 443)),
    ],
)
def test_an_origin_is_a_value(text, origin):
    assert parse_origin(text) == origin


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shop.example", '"shop.example" is no origin such as "https://shop.example"'),
        ("*", '"*" is no origin such as "https://shop.example"'),
        ("null", '"null" is no origin such as "https://shop.example"'),
        ("ftp://shop.example", '"ftp://shop.example" is no origin such as "https://shop.example"'),
        ("https://", '"https://" is no origin such as "https://shop.example"'),
        ("https://shop.example/", '"https://shop.example/" has more than scheme, host and port'),
        ("https://shop.example?x", '"https://shop.example?x" has more than scheme, host and port'),
        ("https://shop.example#", '"https://shop.example#" has more than scheme, host and port'),
        ("https://ada@shop.example", '"https://ada@shop.example" has more than scheme, host and port'),
        ("https://shop.example\n", '"https://shop.example\n" has more than scheme, host and port'),
        (" https://shop.example", '" https://shop.example" has more than scheme, host and port'),
        ("https://shop.example:", '"https://shop.example:" has no usable host or port'),
        ("https://shop.example:0", '"https://shop.example:0" has no usable host or port'),
        ("https://shop.example:70000", '"https://shop.example:70000" has no usable host or port'),
        ("https://*.example", '"https://*.example" has no usable host or port'),
        ("https://a b", '"https://a b" has no usable host or port'),
        ("https://[::1", '"https://[::1" has no usable host or port'),
        (
            "https://bücher.example",
            '"https://bücher.example" has a host that browsers write in another way ("xn--...")',
        ),
    ],
)
def test_what_is_no_origin_is_refused(text, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_origin(text)
