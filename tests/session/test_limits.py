"""How much one connection may ask: what each kind of request takes from, and that order is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.session.buckets import Rate
from server.session.limits import FLOOD, PATIENCE_S, Limits, Meter, Rates, Subject
from server.wire import requests as ask
from server.wire.codes import CloseCode, ErrorCode, Refused

ADA = Subject(person="a_ada", address="192.0.2.1")
EVA = Subject(person="v_eva", address="192.0.2.7", site="shop")
FAY = Subject(person="b_fay", address="192.0.2.9", bot=True)


class Now:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def limited(clock: Now | None = None, /, **rates: Rate) -> Limits:
    return Limits(clock or Now(), Rates(**rates))


def send(name: str, conversation: str = "c") -> ask.MessageSend:
    return ask.MessageSend(id=name, conversation=conversation, client_id=name, text="t")


def piece(name: str, *, final: bool = False) -> ask.Stream:
    return ask.Stream(id=name, conversation="c", stream_id=name, delta="t", final=final)


def start(name: str) -> ask.ConversationStart:
    return ask.ConversationStart(id=name, client_id=name)


def typing(**more: Any) -> ask.Typing:
    return ask.Typing(conversation="c", active=True, **more)


def admitted(meter: Meter, *requests: Any) -> list[bool]:
    return [meter.admit(request) is None for request in requests]


def refused(meter: Meter, request: Any) -> Refused:
    away = meter.admit(request)
    assert away is not None
    assert away.refused is not None
    return away.refused


# What takes from which bucket.


@pytest.mark.parametrize(
    ("limit", "subject", "request_"),
    [
        ("messages_per_visitor", EVA, send("m")),
        ("messages_per_address", EVA, send("m")),
        ("messages_per_site", EVA, send("m")),
        ("messages_per_site", EVA, start("m")),
        ("messages_per_bot", FAY, send("m")),
        ("messages_per_bot", FAY, piece("s")),
        ("messages_per_bot_conversation", FAY, send("m")),
        ("messages_per_bot_conversation", FAY, piece("s", final=True)),
        ("messages_per_agent", ADA, send("m")),
        ("messages_per_agent", ADA, ask.StatusSet(id="s", status="available")),
        ("messages_per_address", ADA, send("m")),
        ("starts_per_visitor", EVA, start("m")),
        ("starts_per_visitor", EVA, ask.MessageLeave(id="l", client_id="l", form={}, text="t")),
        ("starts_per_address", EVA, start("m")),
        ("signals_per_person", EVA, typing()),
        ("signals_per_person", ADA, ask.Read(conversation="c", seq=1)),
        ("reads_per_connection", EVA, ask.Ping(id="p")),
        ("reads_per_connection", ADA, ask.History(id="h", conversation="c")),
    ],
)
def test_a_request_keeps_to_the_limits_that_concern_it(limit: str, subject: Subject, request_: Any):
    limits = limited(None, **{limit: Rate(2, 60)})
    meter = limits.meter(subject)
    assert admitted(meter, request_, request_, request_) == [True, True, False]
    assert limits.stopped[limit] == 1


@pytest.mark.parametrize(
    ("limit", "free"),
    [
        ("messages_per_visitor", [start("s"), typing(), ask.Ping(id="p")]),
        ("starts_per_visitor", [send("m"), typing(), ask.Ping(id="p")]),
        ("signals_per_person", [send("m"), start("s"), ask.Ping(id="p")]),
        ("reads_per_connection", [send("m"), start("s"), typing()]),
        ("messages_per_agent", [send("m"), start("s"), typing(), ask.Ping(id="p")]),
        ("messages_per_bot_conversation", [send("m")]),
    ],
)
def test_other_requests_are_free_of_it(limit: str, free: list[Any]):
    meter = limited(None, **{limit: Rate(1, 1)}).meter(EVA)
    assert admitted(meter, *free, *free) == [True] * 2 * len(free)


def test_people_share_an_address_and_a_site_but_not_their_own_limit():
    limits = limited(messages_per_visitor=Rate(2, 60), messages_per_address=Rate(3, 60))
    eva, max_ = limits.meter(EVA), limits.meter(Subject(person="v_max", address=EVA.address, site="shop"))
    assert admitted(eva, send("1"), send("2"), send("3")) == [True, True, False]
    assert admitted(max_, send("1"), send("2")) == [True, False]
    elsewhere = limits.meter(Subject(person="v_mia", address="198.51.100.1", site="shop"))
    assert admitted(elsewhere, send("1"), send("2")) == [True, True]


def test_a_bot_may_say_so_much_in_one_conversation_and_go_on_in_the_others():
    limits = limited(messages_per_bot_conversation=Rate(2, 60), messages_per_bot=Rate(5, 60))
    one, two = limits.meter(FAY), limits.meter(FAY)
    assert admitted(one, send("1"), piece("s"), piece("s"), send("2"), send("3")) == [True, True, True, True, False]
    assert limits.stopped == {"messages_per_bot_conversation": 1}
    # By another connection it is the same conversation, and what was refused there took nothing from the whole.
    assert admitted(two, send("4", "d"), send("5")) == [True, False]
    mia = limits.meter(Subject(person="b_mia", bot=True))
    assert admitted(mia, send("6"), ask.IdentifyBot(id="i", protocol=1, token="fdb_1")) == [True, True]


def test_what_a_bot_was_refused_in_one_conversation_comes_in_its_order():
    now = Now()
    fay = limited(now, messages_per_bot_conversation=Rate(1, 60)).meter(FAY)
    assert admitted(fay, send("1"), piece("2", final=True), send("3", "d")) == [True, False, False]
    now.at += (refused(fay, send("3", "d")).retry_after_ms or 0) / 1000
    assert admitted(fay, piece("2", final=True), send("3", "d")) == [True, True]


def test_two_tabs_of_one_visitor_are_one_visitor():
    limits = limited(messages_per_visitor=Rate(2, 60))
    one, other = limits.meter(EVA), limits.meter(EVA)
    assert admitted(one, send("1")) + admitted(other, send("2")) + admitted(one, send("3")) == [True, True, False]


def test_coming_again_does_not_fill_a_bucket():
    limits = limited(messages_per_visitor=Rate(1, 60))
    for expected in (True, False, False):
        meter = limits.meter(EVA)
        assert admitted(meter, send("m")) == [expected]
        meter.close()
    assert len(limits.buckets) == 1


def test_nobody_in_particular_has_no_address_to_be_limited_by():
    limits = limited(messages_per_address=Rate(1, 1))
    meter = limits.meter(Subject(person="v_eva", site="shop"))
    assert admitted(meter, send("1"), send("2")) == [True, True]
    limits.insist("messages_per_address", "")


def test_one_bucket_that_is_empty_leaves_the_others_full():
    now = Now()
    limits = limited(now, messages_per_visitor=Rate(1, 60), messages_per_site=Rate(2, 1))
    eva = limits.meter(EVA)
    assert admitted(eva, send("1"), send("2"), send("2"), send("2")) == [True, False, False, False]
    other = limits.meter(Subject(person="v_max", address="198.51.100.1", site="shop"))
    assert admitted(other, send("1")) == [True], "what was refused took nothing from the site"


def test_limits_that_are_changed_hold_at_once():
    limits = limited(None, messages_per_visitor=Rate(1, 1))
    meter = limits.meter(EVA)
    assert admitted(meter, send("1"), send("2")) == [True, False]
    limits.change(Rates(messages_per_visitor=Rate(2, 1)))
    assert admitted(meter, send("2"), send("3"), send("4")) == [True, True, False]
    limits.change(Rates())
    assert admitted(meter, *map(send, "4bcdefgh")) == [True] * 8


def test_plain_http_is_limited_by_address():
    limits = limited(requests_per_address=Rate(1, 60))
    limits.insist("requests_per_address", "192.0.2.1")
    limits.insist("requests_per_address", "192.0.2.2")
    with pytest.raises(Refused) as told:
        limits.insist("requests_per_address", "192.0.2.1")
    assert (told.value.code, told.value.retry_after_ms) == (ErrorCode.RATE_LIMITED, 1000)


# Order.


def test_what_was_sent_after_a_refused_write_is_refused_with_it():
    now = Now()
    meter = limited(now, messages_per_visitor=Rate(2, 60)).meter(EVA)
    assert admitted(meter, send("1"), send("2"), send("3"), send("4")) == [True, True, False, False]
    now.at += 5
    assert admitted(meter, send("4"), send("5"), start("s")) == [False, False, False], "though there is room by now"
    assert admitted(meter, send("3"), send("4")) == [True, True]


def test_reading_goes_on_meanwhile():
    meter = limited(messages_per_visitor=Rate(1, 60)).meter(EVA)
    assert admitted(meter, send("1"), send("2"), ask.Ping(id="p"), typing()) == [True, False, True, True]


def test_a_refusal_says_when_to_come_back():
    now = Now()
    meter = limited(now, messages_per_visitor=Rate(1, 6)).meter(EVA)
    assert admitted(meter, send("1")) == [True]
    now.at += 4
    first = refused(meter, send("2"))
    assert (first.code, first.retry_after_ms) == (ErrorCode.RATE_LIMITED, 6000)
    now.at += 1
    assert refused(meter, send("3")).retry_after_ms == 5000
    now.at += 5
    assert admitted(meter, send("2")) == [True]


def test_a_request_without_a_name_holds_nobody_up():
    meter = limited(messages_per_agent=Rate(1, 60)).meter(ADA)
    limits_only = ask.StatusSet(id="s", status="away")
    assert admitted(meter, limits_only, limits_only) == [True, False]
    meter._limits.change(Rates())
    assert admitted(meter, send("1")) == [True]


def test_a_refused_write_that_never_comes_again_makes_the_client_start_over():
    now = Now()
    meter = limited(now, messages_per_visitor=Rate(1, 60)).meter(EVA)
    assert admitted(meter, send("1"), send("2")) == [True, False]
    now.at += 1 + PATIENCE_S + 0.1
    away = meter.admit(send("3"))
    assert away is not None
    assert away.close is CloseCode.RESEND
    assert away.refused is not None


@given(
    st.integers(1, 5), st.integers(1, 5), st.lists(st.sampled_from(["write", "wait", "hear"]), min_size=1, max_size=200)
)
def test_a_client_that_keeps_to_the_protocol_loses_and_reorders_nothing(at_once: int, window: int, steps: list[str]):
    """Up to `window` frames under way; what was refused is sent again, oldest first, after `retry_after_ms`."""
    now = Now()
    meter = limited(now, messages_per_visitor=Rate(at_once, 60)).meter(EVA)
    pending: list[str] = []  # written, not acknowledged, oldest first
    sent: list[str] = []  # of these, those under way
    arrived: list[str] = []
    paused_until, written = 0.0, 0

    def hear() -> None:
        nonlocal paused_until
        for name in list(sent):
            sent.remove(name)
            away = meter.admit(send(name))
            if away is None:
                arrived.append(name)
                pending.remove(name)
            else:
                assert away.close is None
                assert away.refused is not None
                assert away.refused.retry_after_ms is not None
                paused_until = max(paused_until, now.at + away.refused.retry_after_ms / 1000)

    def post() -> None:
        if now.at >= paused_until:
            sent.extend(name for name in pending[:window] if name not in sent)

    for step in [*steps, *["wait", "hear"] * (2 * len(steps))]:
        match step:
            case "write":
                pending.append(str(written))
                written += 1
                post()
            case "hear":
                hear()
                post()
            case _:
                now.at += 1.1
                post()
    assert arrived == [str(each) for each in range(written)]


# Floods.


def test_signals_that_are_too_many_are_dropped_and_counted():
    limits = limited(signals_per_person=Rate(1, 60))
    meter = limits.meter(EVA)
    assert meter.admit(typing()) is None
    away = meter.admit(typing())
    assert away is not None
    assert (away.refused, away.close) == (None, None)
    assert limits.stopped == {"signals_per_person": 1}
    assert refused(meter, typing(id="t")).code is ErrorCode.RATE_LIMITED, "who wants an answer gets one"


@pytest.mark.parametrize("request_", [send("m"), typing(), ask.Ping(id="p")])
def test_who_goes_on_all_the_same_is_let_go(request_: Any):
    rate = Rate(1, 1)
    meter = limited(messages_per_visitor=rate, signals_per_person=rate, reads_per_connection=rate).meter(EVA)
    assert meter.admit(request_) is None
    ends = [away.close for _ in range(FLOOD.at_once + 1) if (away := meter.admit(request_)) is not None]
    assert ends == [None] * FLOOD.at_once + [CloseCode.FLOODING]


def test_who_sends_new_messages_all_the_time_is_let_go():
    meter = limited(messages_per_visitor=Rate(300, 600)).meter(EVA)
    ends = [away.close for place in range(10_000) if (away := meter.admit(send(str(place)))) is not None]
    assert ends[FLOOD.at_once] is CloseCode.FLOODING


def test_who_waits_as_told_is_never_let_go():
    now = Now()
    meter = limited(now, messages_per_visitor=Rate(1, 60)).meter(EVA)
    for place in range(3 * FLOOD.at_once):
        while (away := meter.admit(send(str(place)))) is not None:
            assert away.close is None
            assert away.refused is not None
            assert away.refused.retry_after_ms is not None
            now.at += away.refused.retry_after_ms / 1000
