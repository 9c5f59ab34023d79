"""The judge itself: a good history passes, and each fault is caught by the sentence it breaks."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from tests.blackbox.history import Account, faults
from tests.blackbox.transcript import Frame

Story = tuple[list[Frame], list[Account]]


def entry(seq: int, sender: str, text: str, client_id: str = "") -> Frame:
    made: Frame = {
        "conversation": "c_1",
        "seq": seq,
        "kind": "message" if client_id else "joined",
        "from": {"role": "visitor" if sender == "v_1" else "agent", "id": sender, "name": sender},
        "text": text,
        "at": "2026-01-01T00:00:00.000Z",
    }
    return made | ({"client_id": client_id} if client_id else {})


def good() -> Story:
    """Both talk; the visitor's third message was committed, but its acknowledgement never arrived."""
    history = [
        entry(1, "v_1", "one", "m1"),
        entry(2, "a_1", ""),
        entry(3, "a_1", "uno", "n1"),
        entry(4, "v_1", "two", "m2"),
        entry(5, "v_1", "three", "m3"),
        entry(6, "a_1", "dos", "n2"),
    ]
    received = {made["seq"]: made for made in copy.deepcopy(history)}
    visitor = Account("visitor", {"m1": "one", "m2": "two", "m3": "three"}, {"m1": 1, "m2": 4}, received)
    from_joining_on = {seq: made for seq, made in copy.deepcopy(received).items() if seq > 1}
    agent = Account("agent", {"n1": "uno", "n2": "dos"}, {"n1": 3, "n2": 6}, from_joining_on)
    return history, [visitor, agent]


def renumber(history: list[Frame]) -> None:
    for seq, made in enumerate(history, start=1):
        made["seq"] = seq


def test_a_good_history_has_no_faults() -> None:
    assert faults(*good()) == []


def test_an_unsent_message_of_the_outbox_may_be_missing() -> None:
    history, accounts = good()
    accounts[0].sent["m4"] = "four"
    assert faults(history, accounts) == []


def test_the_text_of_the_start_is_nobodys_invention() -> None:
    history, accounts = good()
    history[0].pop("client_id")
    accounts[0].received[1].pop("client_id")
    for told in (accounts[0].sent, accounts[0].acknowledged):
        told.pop("m1")
    assert [fault.split(":")[0] for fault in faults(history, accounts)] == ["invented"]
    accounts[0].openings.append("one")
    assert faults(history, accounts) == []


def test_an_empty_conversation_has_no_faults() -> None:
    assert faults([], [Account("visitor", {}, {}, {})]) == []


def a_gap(history: list[Frame], accounts: list[Account]) -> None:
    history[5]["seq"] = 7
    accounts[1].acknowledged["n2"] = 7
    for account in accounts:
        account.received[7] = account.received.pop(6) | {"seq": 7}


def a_wrong_sequence(history: list[Frame], accounts: list[Account]) -> None:
    history[3], history[4] = history[4], history[3]


def a_first_number_of_two(history: list[Frame], accounts: list[Account]) -> None:
    del history[0]
    del accounts[0].received[1]
    del accounts[0].acknowledged["m1"]


def an_acknowledged_one_lost_at_the_end(history: list[Frame], accounts: list[Account]) -> None:
    history.pop()
    for account in accounts:
        del account.received[6]


def an_acknowledged_one_lost_in_the_middle(history: list[Frame], accounts: list[Account]) -> None:
    del history[3]
    renumber(history)
    for account in accounts:
        account.received = {made["seq"]: copy.deepcopy(made) for made in history if made["seq"] in account.received}


def an_altered_text(history: list[Frame], accounts: list[Account]) -> None:
    for made in (history[3], *(account.received[4] for account in accounts)):
        made["text"] = "tow"


def a_double(history: list[Frame], accounts: list[Account]) -> None:
    history.append(history[3] | {"seq": 7})
    for account in accounts:
        account.received[7] = copy.deepcopy(history[6])


def a_swap_of_one_sender(history: list[Frame], accounts: list[Account]) -> None:
    history[3], history[4] = history[4] | {"seq": 4}, history[3] | {"seq": 5}
    accounts[0].acknowledged["m2"] = 5
    for account in accounts:
        account.received |= {4: copy.deepcopy(history[3]), 5: copy.deepcopy(history[4])}


def an_invention(history: list[Frame], accounts: list[Account]) -> None:
    history.append(entry(7, "v_1", "seven", "m7"))
    for account in accounts:
        account.received[7] = copy.deepcopy(history[6])


def one_who_sees_another_text(history: list[Frame], accounts: list[Account]) -> None:
    accounts[1].received[4]["text"] = "to"


def one_who_sees_another_order(history: list[Frame], accounts: list[Account]) -> None:
    received = accounts[1].received
    received[4], received[5] = received[5] | {"seq": 4}, received[4] | {"seq": 5}


def one_who_misses_one(history: list[Frame], accounts: list[Account]) -> None:
    del accounts[1].received[4]


def one_who_misses_the_last(history: list[Frame], accounts: list[Account]) -> None:
    del accounts[0].received[6]


def one_who_has_more(history: list[Frame], accounts: list[Account]) -> None:
    accounts[1].received[7] = entry(7, "v_1", "seven", "m7")


@pytest.mark.parametrize(
    ("spoil", "sentences"),
    [
        (a_gap, {"numbering", "broken run"}),
        (a_wrong_sequence, {"numbering", "out of order"}),
        (a_first_number_of_two, {"numbering"}),
        (an_acknowledged_one_lost_at_the_end, {"lost"}),
        (an_acknowledged_one_lost_in_the_middle, {"misplaced", "lost"}),
        (an_altered_text, {"altered", "invented"}),
        (a_double, {"doubled", "out of order"}),
        (a_swap_of_one_sender, {"out of order"}),
        (an_invention, {"invented"}),
        (one_who_sees_another_text, {"differs"}),
        (one_who_sees_another_order, {"differs"}),
        (one_who_misses_one, {"broken run"}),
        (one_who_misses_the_last, {"not up to date"}),
        (one_who_has_more, {"differs", "not up to date"}),
    ],
)
def test_each_fault_is_caught(spoil: Callable[[list[Frame], list[Account]], None], sentences: set[str]) -> None:
    history, accounts = good()
    spoil(history, accounts)
    assert {fault.split(":")[0] for fault in faults(history, accounts)} == sentences


def test_who_left_early_need_not_hold_the_end() -> None:
    history, accounts = good()
    one_who_misses_the_last(history, accounts)
    assert faults(history, accounts, to_the_end=False) == []
