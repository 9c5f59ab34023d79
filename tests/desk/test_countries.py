from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from server.desk.countries import Countries, UnusableCountries, by_timezone


@pytest.mark.parametrize(
    ("timezone", "country"),
    [
        ("Europe/Copenhagen", "DK"),
        ("Europe/Berlin", "DE"),
        ("America/New_York", "US"),
        ("Australia/Lord_Howe", "AU"),
        ("Asia/Calcutta", "IN"),  # as many browsers still call it
        ("Asia/Saigon", "VN"),
        ("Europe/Kiev", "UA"),
        ("UTC", ""),
        ("Etc/GMT+3", ""),
        ("Mars/Olympus", ""),
        ("", ""),
    ],
)
def test_the_country_of_a_clock(timezone, country):
    assert by_timezone(timezone) == country


@pytest.mark.parametrize(
    ("said", "country"),
    [
        ("SE", "SE"),
        ("se", "SE"),
        (" se ", "SE"),
        ("XX", "DK"),
        ("T1", "DK"),
        ("", "DK"),
        ("Sweden", "DK"),
        ("S3", "DK"),
    ],
)
def test_what_a_proxy_says_comes_first_if_it_says_something(said, country):
    assert Countries().of(said=said, address="192.0.2.1", timezone="Europe/Copenhagen") == country


def test_a_database_comes_before_the_clock_and_after_the_proxy(tmp_path):
    found = Countries(database(tmp_path, {"country": {"iso_code": "NO"}}))
    assert found.of(said="", address="192.0.2.1", timezone="Europe/Copenhagen") == "NO"
    assert found.of(said="SE", address="192.0.2.1", timezone="Europe/Copenhagen") == "SE"
    # An address of version 6 is in no database of version 4.
    assert found.of(said="", address="2001:db8::1", timezone="Europe/Copenhagen") == "DK"
    assert found.of(said="", address="", timezone="Europe/Copenhagen") == "DK"


@pytest.mark.parametrize(
    ("row", "country"),
    [({"country_code": "FI"}, "FI"), ({"country": "IS"}, "IS"), ({"city": "Oslo"}, "DK"), ({"country": {}}, "DK")],
)
def test_the_forms_databases_have(tmp_path, row, country):
    found = Countries(database(tmp_path, row))
    assert found.of(said="", address="192.0.2.1", timezone="Europe/Copenhagen") == country


@pytest.mark.parametrize("content", [b"", b"no database", b"\xab\xcd\xefMaxMind.com"])
def test_what_is_no_database_is_refused_by_name(tmp_path, content):
    file = tmp_path / "countries.mmdb"
    file.write_bytes(content)
    with pytest.raises(UnusableCountries, match=r"countries\.mmdb is no database of countries"):
        Countries(file)
    with pytest.raises(UnusableCountries, match=r"missing\.mmdb"):
        Countries(tmp_path / "missing.mmdb")


def database(folder: Path, row: dict[str, Any]) -> Path:
    """The smallest database in MaxMind's format: every address of version 4 has this row.

    One node whose two records point to the data; a record of a search tree of one node means data from 1 + 16 on.
    """
    tree = (17).to_bytes(3, "big") * 2
    about = {
        "binary_format_major_version": _short(2),
        "binary_format_minor_version": _short(0),
        "build_epoch": bytes([8, 2]) + (1).to_bytes(8, "big"),
        "database_type": "Test",
        "description": {"en": "test"},
        "ip_version": _short(4),
        "languages": ["en"],
        "node_count": bytes([0xC4]) + (1).to_bytes(4, "big"),
        "record_size": _short(24),
    }
    file = folder / "countries.mmdb"
    file.write_bytes(tree + bytes(16) + _encoded(row) + b"\xab\xcd\xefMaxMind.com" + _encoded(about))
    return file


def _encoded(value: Any) -> bytes:
    match value:
        case str():
            text = value.encode()
            return _head(2, len(text)) + text
        case bytes():  # encoded already
            return value
        case dict():
            return _head(7, len(value)) + b"".join(_encoded(key) + _encoded(inner) for key, inner in value.items())
        case list():
            return _head(11, len(value)) + b"".join(map(_encoded, value))
        case _:
            raise TypeError(value)


def _short(value: int) -> bytes:
    return bytes([0xA2]) + value.to_bytes(2, "big")


def _head(kind: int, size: int) -> bytes:
    assert size < 285
    low, more = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return bytes([kind << 5 | low]) + more if kind < 8 else bytes([low, kind - 7]) + more
