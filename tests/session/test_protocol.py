"""The protocol of a connection without a connection."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.session.protocol import TRANSITIONS, Answer, End, Outcome, Phase, Session, Step, Terms
from server.wire.codes import CloseCode
from server.wire.requests import IdentifyVisitor, Ping

TERMS = Terms(server="frontdesk/1.2.3", frame_bytes=200, bad_frames=5)
IDENTIFY = b'{"do":"identify","id":"i","protocol":1,"site":"demo"}'
PING = b'{"do":"ping","id":"p"}'


def session(phase: Phase = Phase.OPENING) -> Session:
    made = Session("visitor", TERMS)
    if phase is not Phase.OPENING:
        made.receive(IDENTIFY)
    if phase is Phase.OPEN:
        made.accepted()
    if phase is Phase.CLOSED:
        made.closed()
    return made


def error(outcome: Outcome | None) -> dict[str, Any]:
    assert isinstance(outcome, Answer)
    return {"re": outcome.re, "code": outcome.refused.code}


def end(outcome: Outcome | None) -> int:
    assert isinstance(outcome, End)
    return outcome.code


def test_hello_tells_the_terms():
    assert {
        "on": "hello",
        "protocol": 1,
        "server": "frontdesk/1.2.3",
        "heartbeat_ms": 25_000,
        "identify_within_ms": 10_000,
        "limits": {"frame_bytes": 200, "text_chars": 8_000},
        "features": [],
    } == json.loads(TERMS.hello())


def test_a_connection_identifies_and_then_asks():
    made = session()
    assert isinstance(made.receive(IDENTIFY), IdentifyVisitor)
    assert Phase.IDENTIFYING is made.phase
    made.accepted()
    assert Ping(id="p") == made.receive(PING)


def test_before_identifying_there_is_nothing_else():
    made = session()
    assert {"re": "p", "code": "unauthorised"} == error(made.receive(PING))
    assert {"re": None, "code": "unauthorised"} == error(
        made.receive(b'{"do":"typing","conversation":"c","active":true}')
    )
    assert isinstance(made.receive(IDENTIFY), IdentifyVisitor)


def test_while_identifying_there_is_nothing_else():
    made = session(Phase.IDENTIFYING)
    assert {"re": "p", "code": "unauthorised"} == error(made.receive(PING))
    assert {"re": "i", "code": "conflict"} == error(made.receive(IDENTIFY))


def test_identifying_twice_is_a_conflict_and_the_connection_lives():
    made = session(Phase.OPEN)
    assert {"re": "i", "code": "conflict"} == error(made.receive(IDENTIFY))
    assert Ping(id="p") == made.receive(PING)


def test_a_refused_client_may_try_again():
    made = session(Phase.IDENTIFYING)
    assert made.refused() is None
    assert isinstance(made.receive(IDENTIFY), IdentifyVisitor)


def test_another_protocol_is_told_not_to_come_back():
    assert CloseCode.PROTOCOL_VERSION is end(session().receive(IDENTIFY.replace(b":1", b":2")))


def test_who_does_not_identify_in_time_is_let_go():
    assert CloseCode.NOT_IDENTIFIED is end(session().deadline())


@pytest.mark.parametrize("phase", [Phase.OPEN, Phase.CLOSED])
def test_the_deadline_concerns_only_who_has_not_identified(phase):
    assert session(phase).deadline() is None


def test_an_attempt_at_the_deadline_is_spared_unless_it_fails():
    succeeding, failing = session(Phase.IDENTIFYING), session(Phase.IDENTIFYING)
    assert succeeding.deadline() is None
    succeeding.accepted()
    assert failing.deadline() is None
    assert CloseCode.NOT_IDENTIFIED is end(failing.refused())


def test_a_wrong_frame_is_answered_and_the_connection_lives():
    made = session(Phase.OPEN)
    assert {"re": None, "code": "bad_request"} == error(made.receive(b"hello?"))
    assert {"re": "1", "code": "bad_request"} == error(made.receive(b'{"do":"fly","id":"1"}'))
    assert Ping(id="p") == made.receive(PING)


@pytest.mark.parametrize(
    ("size", "code"), [(200, "bad_request"), (201, "too_large"), (799, "too_large"), (800, CloseCode.BAD_FRAME)]
)
def test_the_limits_of_a_frame(size, code):
    outcome = session(Phase.OPEN).receive(b'{"id":"1","x":"' + b"x" * (size - 17) + b'"}')
    assert code == (end(outcome) if isinstance(code, CloseCode) else error(outcome)["code"])


def test_a_frame_too_large_names_its_id():
    assert {"re": "1", "code": "too_large"} == error(session().receive(b'{"id":"1","x":"' + b"x" * 300 + b'"}'))


def test_a_binary_frame_ends_it():
    assert CloseCode.BAD_FRAME is end(session().receive_binary())
    assert CloseCode.BAD_FRAME is end(session().oversize())


def test_garbage_without_end_ends_it_and_the_last_one_is_answered():
    made = session(Phase.OPEN)
    for _ in range(4):
        assert {"re": None, "code": "bad_request"} == error(made.receive(b"x"))
    outcome = made.receive(b"x")
    assert isinstance(outcome, End)
    assert CloseCode.FLOODING is outcome.code
    assert outcome.answer is not None


def test_a_good_frame_begins_the_count_anew():
    made = session(Phase.OPEN)
    for _ in range(20):
        for _ in range(4):
            assert isinstance(made.receive(b"x"), Answer)
        assert Ping(id="p") == made.receive(PING)


def test_after_the_end_nothing_is_handed_on():
    made = session(Phase.CLOSED)
    assert (None, None, None) == (made.receive(PING), made.receive_binary(), made.oversize())
    made.accepted()
    made.closed()
    assert Phase.CLOSED is made.phase


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_is_reachable_and_has_a_way_out(phase):
    assert any(phase is there for there in TRANSITIONS.values()) or phase is Phase.OPENING
    assert Phase.CLOSED is TRANSITIONS[phase, Step.CLOSE]


@pytest.mark.parametrize(("phase", "step"), [(p, s) for p in Phase for s in Step if (p, s) not in TRANSITIONS])
def test_a_step_that_is_not_in_the_table_is_our_own_fault(phase, step):
    made = session(phase)
    with pytest.raises(KeyError):
        made._go(step)


FRAMES = [
    IDENTIFY,
    PING,
    b"garbage",
    b'{"do":"typing","conversation":"c","active":true}',
    b"x" * 300,
    b"x" * 900,
]


@given(st.lists(st.sampled_from([*FRAMES, "accepted", "refused", "deadline", "closed", "binary"]), max_size=60))
def test_whatever_comes_in_whatever_order(steps):
    """No request reaches the desk before `accepted`, nothing at all after the end, and no order breaks it."""
    made = session()
    for step in steps:
        before = made.phase
        outcome: Outcome | None = None
        match step:
            case bytes():
                outcome = made.receive(step)
            case "accepted" | "refused" if before is Phase.IDENTIFYING:
                outcome = made.accepted() if step == "accepted" else made.refused()  # type: ignore[func-returns-value]
            case "deadline":
                outcome = made.deadline()
            case "closed":
                made.closed()
            case "binary":
                outcome = made.receive_binary()
            case _:
                pass
        if isinstance(outcome, End):
            made.closed()
        elif outcome is not None and not isinstance(outcome, Answer | IdentifyVisitor):
            assert Phase.OPEN is before
        assert before is not Phase.CLOSED or (outcome is None and made.phase is Phase.CLOSED)
