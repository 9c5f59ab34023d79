from __future__ import annotations

import pytest

from server.desk.network import household, shortened


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
