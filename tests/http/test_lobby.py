"""Who makes room when the lobby is full."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from server.http.lobby import CONNECTIONS, PER_ADDRESS, Lobby, Room


@dataclass(eq=False)
class Somebody:
    idle: bool = True
    over: bool = field(default=False, init=False)

    def cut_off(self) -> None:
        self.over = True


def test_the_longest_idle_of_an_address_makes_room_and_nobody_elses():
    stopped = Counter[str]()
    lobby = Lobby(Room(connections=0, per_address=2), stopped)
    other, busy, idle, late = Somebody(), Somebody(idle=False), Somebody(), Somebody()
    assert lobby.comes(other, "b")
    for one in (busy, idle, late):
        assert lobby.comes(one, "a")
    assert [one.over for one in (other, busy, idle, late)] == [False, False, True, False]
    assert (len(lobby), stopped) == (3, {PER_ADDRESS: 1})


def test_who_comes_while_all_are_busy_is_turned_away():
    stopped = Counter[str]()
    lobby = Lobby(Room(connections=2, per_address=0), stopped)
    busy = [Somebody(idle=False) for _ in range(2)]
    assert all(lobby.comes(one, f"{number}") for number, one in enumerate(busy))
    assert not lobby.comes(Somebody(), "")
    assert (len(lobby), stopped) == (2, {CONNECTIONS: 1})
    busy[1].idle = True
    assert lobby.comes(Somebody(), "")
    assert [one.over for one in busy] == [False, True]


def test_nobody_in_particular_counts_in_the_total_alone():
    lobby = Lobby(Room(connections=0, per_address=1))
    assert all(lobby.comes(Somebody(idle=False), "") for _ in range(5))
    assert lobby.comes(Somebody(idle=False), "a")
    assert not lobby.comes(Somebody(idle=False), "a")


def test_leaving_twice_is_leaving():
    lobby = Lobby(Room(connections=1, per_address=1))
    one = Somebody(idle=False)
    assert lobby.comes(one, "a")
    lobby.leaves(one)
    lobby.leaves(one)
    assert len(lobby) == 0
    assert lobby.comes(one, "a")


@given(st.lists(st.tuples(st.integers(0, 7), st.sampled_from(("", "a", "b")), st.booleans()), max_size=60))
def test_whatever_happens_no_bound_is_passed_and_nobody_is_forgotten(steps: list[tuple[int, str, bool]]):
    lobby = Lobby(Room(connections=4, per_address=2))
    inside: dict[int, tuple[Somebody, str]] = {}
    for place, address, idle in steps:
        if place in inside:
            lobby.leaves(inside.pop(place)[0])
        else:
            somebody = Somebody(idle=idle)
            if lobby.comes(somebody, address):
                inside[place] = (somebody, address)
        inside = {place: one for place, one in inside.items() if not one[0].over}
        assert len(lobby) == len(inside) <= 4
        addresses = [address for _, address in inside.values() if address]
        assert all(addresses.count(address) <= 2 for address in addresses)
