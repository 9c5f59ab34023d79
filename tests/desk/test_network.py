from __future__ import annotations

import pytest

from server.desk.network import How, as_kept, household, shortened


@pytest.mark.parametrize(
    ("address", "kept", "counted"),
    [
        ("192.0.2.77", "192.0.2.0/24", "192.0.2.77"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48", "2001:db8:1:2::/64"),
        ("::1", "::/48", "::/64"),
        ("", "", ""),
        ("unix", "", "unix"),
        ("192.0.2.77%x", "", "192.0.2.77%x"),
    ],
)
def test_what_is_kept_of_an_address_and_who_it_stands_for(address: str, kept: str, counted: str):
    assert (shortened(address), household(address)) == (kept, counted)


@pytest.mark.parametrize(("how", "kept"), [("short", "192.0.2.0/24"), ("full", "192.0.2.77"), ("none", "")])
def test_a_workspace_says_how_much_is_written_down(how: How, kept: str):
    assert as_kept("192.0.2.77", how) == kept
