"""The order in which the desk is asked, without a socket."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any

import pytest
import structlog
from msgspec import UNSET

from server.session.calls import MAX_PIPELINED, Calls
from server.session.ports import Ticket
from server.wire.codes import ErrorCode, Refused
from server.wire.requests import ConversationStart, MessageSend, Ping, Typing
from tests.session.scripted_desk import ScriptedDesk
from tests.session.test_hub import Listener

TYPING = Typing(conversation="c", active=True)


class Asked:
    """A desk whose answers are futures in the hands of the test."""

    def __init__(self) -> None:
        self.desk = ScriptedDesk()
        self.failures: list[tuple[str | None, ErrorCode, bool]] = []
        self.futures: dict[str, asyncio.Future[None]] = {}
        self.desk.scripts = {MessageSend: self._later, Ping: self._later}
        self.calls = Calls(self.desk, Listener(), self._failed)

    def _later(self, _peer: object, request: Any) -> asyncio.Future[None]:
        return self.futures.setdefault(request.id, asyncio.get_running_loop().create_future())

    def _failed(self, request: Any, refused: Refused, overtaken: bool) -> None:
        self.failures.append((request.id, refused.code, overtaken))

    def told(self) -> list[str]:
        return [request.id for request in self.desk.told]


@pytest.fixture
async def asked() -> Asked:
    return Asked()


def send(name: str) -> MessageSend:
    return MessageSend(id=name, conversation="c", client_id=name, text="t")


async def turn(times: int = 3) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def test_what_pipelines_does_not_wait(asked):
    for n in range(MAX_PIPELINED):
        assert asked.calls.perform(send(str(n))) is None
    assert MAX_PIPELINED == asked.calls.in_flight


async def test_one_more_than_the_bound_waits_for_one_of_them(asked):
    for n in range(MAX_PIPELINED):
        asked.calls.perform(send(str(n)))
    waiting = asyncio.create_task(asked.calls.perform(send("last")))
    await turn()
    assert "last" not in asked.told()
    asked.futures["40"].set_result(None)
    await waiting
    assert "last" == asked.told()[-1]


async def test_what_does_not_pipeline_waits_for_all_and_is_waited_for(asked):
    asked.calls.perform(send("a"))
    asked.calls.perform(send("b"))
    waiting = asyncio.create_task(asked.calls.perform(Ping(id="p")))
    asked.futures["b"].set_result(None)
    await turn()
    assert ["a", "b"] == asked.told()
    asked.futures["a"].set_result(None)
    await turn()
    assert ["a", "b", "p"] == asked.told()
    assert not waiting.done()
    asked.futures["p"].set_result(None)
    await waiting


async def test_an_answer_at_once_costs_nothing(asked):
    asked.desk.scripts = {}
    assert asked.calls.perform(send("a")) is None
    assert 0 == asked.calls.in_flight


async def test_refusals_are_told_whether_raised_at_once_or_later(asked):
    def refuse(_peer: object, _request: Any) -> None:
        raise Refused(ErrorCode.NOT_FOUND, "no")

    asked.desk.scripts[Ping] = refuse
    assert asked.calls.perform(Ping(id="p")) is None
    asked.calls.perform(send("a"))
    asked.futures["a"].set_exception(Refused(ErrorCode.CLOSED, "no"))
    await turn()
    assert [("p", ErrorCode.NOT_FOUND, False), ("a", ErrorCode.CLOSED, False)] == asked.failures


async def test_a_write_that_may_be_sent_again_must_not_be_overtaken(asked):
    asked.calls.perform(send("a"))
    asked.futures["a"].set_exception(Refused(ErrorCode.UNAVAILABLE, "no"))
    await turn()
    assert [("a", ErrorCode.UNAVAILABLE, True)] == asked.failures


async def test_other_requests_that_may_be_sent_again_overtake_nothing(asked):
    asked.desk.pipelined = (MessageSend, Typing)
    later: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asked.desk.scripts[Typing] = lambda *_: later
    asked.calls.perform(TYPING)
    later.set_exception(Refused(ErrorCode.RATE_LIMITED, "no"))
    await turn()
    assert [ErrorCode.RATE_LIMITED] == [code for _, code, overtaken in asked.failures if not overtaken]


async def test_a_fault_of_ours_is_internal_and_logged_without_what_was_said(asked):
    def fail(_peer: object, _request: Any) -> None:
        raise KeyError("inner")

    asked.desk.scripts[Ping] = fail
    with structlog.testing.capture_logs() as logs:
        asked.calls.perform(Ping(id="p"))
        asked.calls.perform(send("secret words"))
        asked.futures["secret words"].set_exception(ZeroDivisionError())
        await turn()
    assert [("p", ErrorCode.INTERNAL, False), ("secret words", ErrorCode.INTERNAL, True)] == asked.failures
    assert ["Ping", "MessageSend"] == [line["request"] for line in logs]
    assert "secret" not in str(logs)


async def test_what_says_something_must_not_be_overtaken_even_if_it_does_not_pipeline(asked):
    asked.desk.scripts = {ConversationStart: unavailable}
    for name, said in (("with words", "Hello"), ("without", UNSET)):
        work = asked.calls.perform(ConversationStart(id=name, client_id=name, text=said))
        assert work is not None
        await work
    assert [("with words", True), ("without", False)] == [(id, overtaken) for id, _, overtaken in asked.failures]


async def unavailable(*_: object) -> None:
    raise Refused(ErrorCode.UNAVAILABLE, "Not now.")


async def test_a_coroutine_of_a_pipelined_request_is_run_and_can_be_cancelled(asked):
    started = asyncio.Event()

    async def work() -> None:
        started.set()
        await asyncio.get_running_loop().create_future()

    asked.desk.scripts[MessageSend] = lambda *_: work()
    asked.calls.perform(send("a"))
    await started.wait()
    asked.calls.cancel()
    await asked.calls.settled()
    assert [("a", ErrorCode.UNAVAILABLE, True)] == asked.failures


async def test_after_stop_nothing_is_performed_not_even_what_waited(asked):
    asked.calls.perform(send("a"))
    waiting = asyncio.create_task(asked.calls.perform(Ping(id="p")))
    await turn()
    asked.calls.stop()
    asked.futures["a"].set_result(None)
    await waiting
    await asked.calls.settled()
    assert asked.calls.perform(send("b")) is None
    assert ["a"] == asked.told()


async def test_settled_waits_for_everything(asked):
    asked.calls.perform(send("a"))
    settled = asyncio.create_task(asked.calls.settled())
    await turn()
    assert not settled.done()
    asked.futures["a"].set_result(None)
    await settled


@pytest.mark.parametrize("how", ["fails", "is refused", "is cancelled", "ends well"])
async def test_what_ends_after_its_connection_is_told_and_then_forgotten(asked, how):
    peer = weakref.ref(asked.calls._peer)
    assert asked.calls.perform(send("late")) is None
    asked.calls.stop()
    asked.calls.let_go()
    assert peer() is not None
    future = asked.futures["late"]
    match how:
        case "fails":
            future.set_exception(ValueError("late"))
        case "is refused":
            future.set_exception(Refused(ErrorCode.FORBIDDEN, "No."))
        case "is cancelled":
            future.cancel()
        case _:
            future.set_result(None)
    await turn()
    codes = {"fails": ErrorCode.INTERNAL, "is refused": ErrorCode.FORBIDDEN, "is cancelled": ErrorCode.UNAVAILABLE}
    assert [code for _, code, _ in asked.failures] == ([codes[how]] if how in codes else [])
    assert asked.calls.in_flight == 0
    assert peer() is None


async def test_a_ticket_that_ends_after_its_connection_is_told_and_then_forgotten(asked):
    ticket = Ticket(request=send("late"))
    asked.desk.scripts[MessageSend] = lambda _peer, _request: ticket
    peer = weakref.ref(asked.calls._peer)
    assert asked.calls.perform(ticket.request) is None
    asked.calls.stop()
    asked.calls.let_go()
    ticket.finish(Refused(ErrorCode.FORBIDDEN, "No."))
    assert [code for _, code, _ in asked.failures] == [ErrorCode.FORBIDDEN]
    assert peer() is None


async def test_when_nothing_is_under_way_whose_they_are_is_forgotten_at_once(asked):
    peer = weakref.ref(asked.calls._peer)
    asked.calls.stop()
    asked.calls.let_go()
    assert peer() is None
    assert asked.calls.perform(send("more")) is None
    assert asked.told() == []
