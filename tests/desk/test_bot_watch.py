"""What is seen of a bot: connections and their frames, answer times, what its conversations came to."""

from __future__ import annotations

from typing import Any

import pytest

from router import events, model
from server.desk.bot_watch import ANSWERS, FRAMES, KEPT_MS, MAX_FRAME, BotLine, BotWatch, LastError
from tests.support.clock import FakeClock

BOT, OTHER = model.BotId("b_faq"), model.BotId("b_other")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def watch(clock: FakeClock) -> BotWatch:
    return BotWatch(clock)


@pytest.fixture
def line(watch: BotWatch) -> BotLine:
    return watch.connected(BOT, session="s_1", address="192.0.2.0/24", worker="laptop")


def started(conversation: str = "c_1", *, bot: model.BotId | None = BOT, **more: Any) -> events.ConversationStarted:
    return events.ConversationStarted(
        at=more.pop("at", 0),
        conversation=model.ConversationId(conversation),
        visitor=model.VisitorId("v_1"),
        department=model.DepartmentId("d_1"),
        arrival=1,
        key_at=0,
        head_start_ms=0,
        cost=1,
        bot=bot,
        **more,
    )


def handed_over(conversation: str = "c_1", reason: model.HandOverReason = "asked") -> events.ConversationHandedOver:
    return events.ConversationHandedOver(
        at=0,
        conversation=model.ConversationId(conversation),
        department=model.DepartmentId("d_1"),
        bot=BOT,
        reason=reason,
        key_at=0,
        line_entry=1,
    )


def closed(conversation: str = "c_1", by: str = "visitor", bot: model.BotId | None = BOT) -> events.ConversationClosed:
    return events.ConversationClosed(
        at=0,
        conversation=model.ConversationId(conversation),
        by=by,
        agent=None,
        closed_by=None,
        wrap_up_until=None,
        bot=bot,
    )


def given_back(conversation: str = "c_1", bot: model.BotId = BOT) -> events.ConversationGivenToBot:
    return events.ConversationGivenToBot(
        at=0, conversation=model.ConversationId(conversation), bot=bot, agent=model.AgentId("a_1")
    )


# Connections.


def test_a_connection_is_there_until_it_leaves(watch: BotWatch, line: BotLine, clock: FakeClock):
    assert watch.lines(BOT) == [line]
    assert (line.session, line.since, line.address, line.worker) == ("s_1", clock.now(), "192.0.2.0/24", "laptop")
    assert (line.lag_ms, line.last_at) == (None, None)
    clock.advance(2)
    line.heard(b'{"do":"ping"}')
    line.lag(12)
    line.refused("not_owner")
    assert (line.lag_ms, line.last_at) == (12, clock.now())
    assert watch.figures(BOT).last_error == LastError(code="not_owner", at=clock.now())
    assert watch.connections() == {BOT: 1}
    line.left()
    line.left()
    assert watch.lines(BOT) == []
    assert watch.connections() == {BOT: 0}
    assert watch.logs(BOT) == [line]
    assert watch.logs(OTHER) == []


def test_frames_are_kept_in_order_both_ways(line: BotLine, clock: FakeClock):
    line.heard(b'{"do":"typing"}')
    clock.advance(1)
    line.said('{"on":"entry","text":"Grüße"}'.encode())
    assert [(each.direction, each.text, each.size) for each in line.frames()] == [
        ("in", '{"do":"typing"}', 15),
        ("out", '{"on":"entry","text":"Grüße"}', 31),
    ]
    assert line.frames()[1].at - line.frames()[0].at == 1000


def test_the_last_frames_are_kept_each_cut(line: BotLine):
    for number in range(FRAMES + 3):
        line.heard(b"%d" % number)
    line.said(b"\xc3\xbc" * MAX_FRAME)
    found = line.frames()
    assert len(found) == FRAMES
    assert found[0].text == "4"
    assert (len(found[-1].text), found[-1].size) == (MAX_FRAME // 2, 2 * MAX_FRAME)


def test_a_token_is_never_kept(line: BotLine):
    token = b"fdb_" + b"aB3-_" * 8
    line.heard(b'{"do":"identify","token":"' + token + b'"}')
    line.heard(b"x" * (MAX_FRAME - 10) + token)
    line.said(b"you wrote " + token + b", and " + token)
    kept = [each.text for each in line.frames()]
    assert kept[0] == '{"do":"identify","token":"fdb_..."}'
    assert kept[1].endswith("xfdb_...")
    assert kept[2] == "you wrote fdb_..., and fdb_..."
    assert token[4:9] not in repr(line._frames).encode()


def test_a_card_number_is_never_shown(line: BotLine):
    line.heard(b'{"do":"message.send","id":"7","text":"You paid with 4242 4242 4242 4242."}')
    assert [each.text for each in line.frames()] == ['{"do":"message.send","id":"7","text":"You paid with •••• 4242."}']


def test_a_log_ends_an_hour_after_its_connection(watch: BotWatch, line: BotLine, clock: FakeClock):
    line.heard(b"{}")
    clock.advance(KEPT_MS / 1000)
    line.left()
    clock.advance(KEPT_MS / 1000 - 1)
    watch.sweep()
    assert watch.logs(BOT) == [line]
    clock.advance(1)
    assert watch.logs(BOT) == []


def test_what_names_an_erased_visitors_conversation_goes(watch: BotWatch, line: BotLine):
    for conversation in (b"c_1", b"c_2", b"c_3"):
        line.heard(b'{"conversation":"' + conversation + b'"}')
    gone = watch.connected(BOT, session="s_2", address="")
    gone.said(b'{"conversation":"c_3"}')
    gone.left()
    line.said(b'{"entries":[' + b" " * MAX_FRAME + b'{"conversation":"c_1"}]}')
    watch.erase(["c_1", "c_3"])
    assert [each.text for each in line.frames()] == ['{"conversation":"c_2"}']
    assert gone.frames() == []


# What its conversations come to.


def test_answer_times_run_from_the_first_word_that_waits(watch: BotWatch, clock: FakeClock):
    watch.happened([started(at=clock.now(), spoke=True)])
    clock.advance(0.1)
    watch.asked(BOT, "c_1")
    clock.advance(0.1)
    watch.answered(BOT, "c_1")
    watch.answered(BOT, "c_1")
    clock.advance(60)
    watch.asked(BOT, "c_1")
    clock.advance(1)
    watch.answered(BOT, "c_1")
    found = watch.figures(BOT)
    assert (found.started, found.answered, found.p50_ms, found.p95_ms) == (1, 2, 200, 1000)


def test_quantiles_are_of_the_last_answers(watch: BotWatch, clock: FakeClock):
    watch.happened([started(spoke=False)])
    assert watch.figures(BOT).p50_ms is None
    for milliseconds in [9_000] * 5 + list(range(1, ANSWERS + 1)):
        watch.asked(BOT, "c_1")
        clock.advance(milliseconds / 1000)
        watch.answered(BOT, "c_1")
    found = watch.figures(BOT)
    assert (found.answered, found.p50_ms, found.p95_ms) == (ANSWERS + 5, ANSWERS // 2, ANSWERS * 95 // 100)


@pytest.mark.parametrize("by", ["visitor", "bot"])
def test_what_ends_with_the_bot_after_it_wrote_is_deflected(watch: BotWatch, by: str):
    watch.happened([started()])
    watch.answered(BOT, "c_1")
    watch.happened([closed(by=by)])
    assert watch.figures(BOT).deflected == 1
    watch.happened([closed(by=by)])
    assert watch.figures(BOT).deflected == 1


def test_what_ends_otherwise_is_not(watch: BotWatch):
    watch.happened([started("silent"), closed("silent")])
    for conversation, ending in (("idle", "idle"), ("left", "abandoned")):
        watch.happened([started(conversation)])
        watch.answered(BOT, conversation)
        watch.happened([closed(conversation, ending)])
    watch.happened([started("people")])
    watch.answered(BOT, "people")
    watch.happened([handed_over("people"), given_back("people")])
    watch.answered(BOT, "people")
    watch.happened([closed("people")])
    found = watch.figures(BOT)
    assert (found.started, found.deflected, found.handed_over) == (4, 0, {"asked": 1})


def test_hand_overs_are_counted_by_reason_and_end_the_asking(watch: BotWatch, clock: FakeClock):
    watch.happened([started(at=clock.now(), spoke=True), handed_over(reason="unanswered")])
    watch.happened(
        [
            events.HandoffFailed(at=0, conversation=model.ConversationId("c_2"), bot=BOT, reason=reason, asked=True)
            for reason in ("nobody", "nobody", "trial")
        ]
    )
    clock.advance(5)
    watch.answered(BOT, "c_1")
    found = watch.figures(BOT)
    assert (found.handed_over, found.failed, found.answered) == ({"unanswered": 1}, {"nobody": 2}, 0)
    assert watch.handoffs == {"unanswered": 1}


def test_given_to_another_bot_it_is_that_ones(watch: BotWatch, clock: FakeClock):
    watch.happened([started(), given_back(bot=OTHER)])
    watch.asked(OTHER, "c_1")
    watch.asked(BOT, "c_1")
    clock.advance(1)
    watch.answered(BOT, "c_1")
    watch.answered(OTHER, "c_1")
    assert (watch.figures(BOT).answered, watch.figures(OTHER).answered) == (0, 1)


def test_a_try_out_counts_nowhere(watch: BotWatch):
    watch.happened([started(trial=True, spoke=True)])
    watch.asked(BOT, "c_1")
    watch.answered(BOT, "c_1")
    watch.happened([closed()])
    found = watch.figures(BOT)
    assert (found.started, found.answered, found.deflected) == (0, 0, 0)


def test_a_bot_that_is_removed_is_forgotten(watch: BotWatch, line: BotLine):
    watch.happened([started()])
    watch.configured([OTHER])
    assert watch.figures(BOT).started == 0
    line.left()
    assert watch.logs(BOT) == []
