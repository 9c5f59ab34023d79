"""What may happen to a good run: steps after which it is still allowed, and steps after which it is bad."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tests.history import record
from tests.history.building import Row, Run
from tests.history.record import Record
from tests.history.violation import Invariant

I = Invariant  # noqa: E741 - as the invariants are called


def place(run: Run, kind: type[Record], number: int = 0, **having: object) -> int:
    """Where the record of this kind with these fields stands."""
    places = [
        at
        for at, each in enumerate(run.records)
        if isinstance(each, kind) and all(getattr(each, name) == value for name, value in having.items())
    ]
    return places[number]


def change(run: Run, at: int, **fields: object) -> None:
    run.records[at] = msgspec.structs.replace(run.records[at], **fields)


# What is nearly bad, and allowed.


def an_answer_that_never_came(run: Run) -> None:
    del run.records[place(run, record.Acked, client_id="m1")]


def a_message_never_stored(run: Run) -> None:
    run.say("vera", "c_1", "m9")


def a_refusal_for_now(run: Run) -> None:
    run.say("vera", "c_1", "m9")
    run.no("vera", "c_1", "m9", "unavailable")
    run.writes("vera", "c_1", "m9")


def a_refusal_for_now_of_what_was_stored(run: Run) -> None:
    run.say("vera", "c_1", "m9")
    run.stores("vera", "c_1", "m9")
    run.no("vera", "c_1", "m9", "unavailable")


def a_refusal_for_good(run: Run) -> None:
    run.say("vera", "c_2", "m9")
    run.no("vera", "c_2", "m9", "not_found")


def the_same_answer_twice(run: Run) -> None:
    run.say("vera", "c_1", "m3")
    run.yes("vera", "c_1", "m3", 6)


def another_text_under_the_same_name(run: Run) -> None:
    run.say("vera", "c_1", "m3", "something else")
    run.no("vera", "c_1", "m3", "client_id_conflict")


def another_text_after_a_no(run: Run) -> None:
    run.say("vera", "c_1", "m9", "far too long")
    run.no("vera", "c_1", "m9", "too_large")
    run.writes("vera", "c_1", "m9")


def the_same_name_of_another_sender(run: Run) -> None:
    run.writes("ada", "c_1", "m1")


def the_same_name_elsewhere(run: Run) -> None:
    run.writes("vito", "c_2", "m1")


def an_entry_heard_twice(run: Run) -> None:
    at = place(run, record.Heard, by="ada", client_id="m3")
    run.records.insert(at, run.records[at])


def answers_in_another_order(run: Run) -> None:
    first, second = place(run, record.Acked, client_id="m2"), place(run, record.Acked, client_id="m3")
    run.records[first], run.records[second] = run.records[second], run.records[first]


def two_pages_that_overtake_each_other(run: Run) -> None:
    run.say("vera", "c_1", "p1")
    run.say("vera 2", "c_1", "p2")
    run.yes("vera 2", "c_1", "p2", run.stores("vera 2", "c_1", "p2"))
    run.yes("vera", "c_1", "p1", run.stores("vera", "c_1", "p1"))


def a_gap_that_is_filled(run: Run) -> None:
    at = place(run, record.Heard, by="ada", client_id="m3")
    run.records.insert(place(run, record.Quiet), msgspec.structs.replace(run.records.pop(at), way="page"))


def who_left_before_the_end(run: Run) -> None:
    run.go("vera 2")
    run.writes("ada", "c_1", "n9")
    run.quiet()


def a_conversation_that_goes_round(run: Run) -> None:
    run.lose("c_1")
    run.writes("vera", "c_1", "m9")
    run.take("ada", "c_1")
    run.writes("vera", "c_1", "m10")
    run.quiet()


def fewer_slots_than_are_taken(run: Run) -> None:
    run.start("vito", "c_3")
    run.take("ada", "c_3")
    run.slots["a_1"] = 1
    run.counted("ada")
    run.slots["a_1"] = 3


def the_same_mark_again(run: Run) -> None:
    run.read("ada", "c_1", "v_1", 4)


def a_restored_backup(run: Run) -> None:
    """The last message is gone although it was acknowledged; another has its number."""
    for by in run.people:
        run.go(by)
    run.server("restored")
    run.talks["c_1"].entry.pop()
    run.epoch = "e2"
    for someone in run.people.values():
        someone.has.clear()
    for by in list(run.people):
        run.come(by, epoch="e1")
        change(run, place(run, record.Identified, -1, by=by), reset=True)
    run.writes("ada", "c_1", "after the backup")
    run.say("vera", "c_1", "m3")
    run.yes("vera", "c_1", "m3", run.stores("vera", "c_1", "m3"))
    run.quiet()


def an_agent_who_is_told_again(run: Run) -> None:
    """A message from before they joined, whose sender had been told that its end was unknown."""
    run.lose("c_1")
    run.writes("vera", "c_1", "m9")
    run.take("ada", "c_1")
    run.hears(run.people["ada"], run.talks["c_1"], len(run.talks["c_1"].entry) - 1)
    run.quiet()


def a_supervisor_who_watches(run: Run) -> None:
    run.come("sue", "a_9", "agent")
    change(run, place(run, record.Identified, by="sue"), supervises=True)
    for seq in range(1, 3):
        run.hears(run.people["sue"], run.talks["c_1"], seq, "entry", "live")


ALLOWED = [
    an_answer_that_never_came,
    a_message_never_stored,
    a_refusal_for_now,
    a_refusal_for_now_of_what_was_stored,
    a_refusal_for_good,
    the_same_answer_twice,
    another_text_under_the_same_name,
    another_text_after_a_no,
    the_same_name_of_another_sender,
    the_same_name_elsewhere,
    an_entry_heard_twice,
    answers_in_another_order,
    two_pages_that_overtake_each_other,
    a_gap_that_is_filled,
    who_left_before_the_end,
    a_conversation_that_goes_round,
    fewer_slots_than_are_taken,
    the_same_mark_again,
    a_restored_backup,
    an_agent_who_is_told_again,
    a_supervisor_who_watches,
]


# What is bad. The database is changed by changing the run's talks, the accounts by changing its records.


def an_acknowledged_one_lost_at_the_end(run: Run) -> None:
    run.talks["c_1"].entry.pop()


def an_acknowledged_one_lost_in_the_middle(run: Run) -> None:
    del run.talks["c_1"].entry[2]


def an_acknowledged_one_that_nobody_heard(run: Run) -> None:
    """Lost with everything else that was said of it, so that only the answer is left."""
    run.say("vera", "c_1", "m9")
    run.records.append(
        record.Acked(by="vera", line=2, do="message.send", client_id="m9", conversation="c_1", seq=7, at="x")
    )


def a_start_that_never_was(run: Run) -> None:
    run.say("vito", "", "s9", "hello", do="conversation.start")
    run.started("vito", "c_9", run.now, "s9")


def a_start_without_its_text(run: Run) -> None:
    run.talks["c_3"] = run.talks["c_2"].__class__("c_3", "v_2")
    run.say("vito", "", "s9", "hello", do="conversation.start")
    run.started("vito", "c_3", run.now, "s9")


def one_answered_with_anothers_number(run: Run) -> None:
    run.say("ben", "c_2", "b2")
    run.stores("ben", "c_2", "b2")
    run.yes("ben", "c_2", "b2", 2)


def one_stored_twice(run: Run) -> None:
    run.append("c_1", Row("message", "agent", "a_1", "text of n1", "N1"))
    row = run.talks["c_1"].entry[-1]
    for at in (place(run, record.Heard, by=by, client_id="N1") for by in ("ada", "vera", "vera 2")):
        change(run, at, client_id="n1")
    row.client_id = "n1"


def one_that_nobody_knows_of_lost(run: Run) -> None:
    """Only the conversation's own counter knows better."""
    run.start("vito", "c_3")
    run.go("vito")
    run.append("c_3", Row("notice", "system", "", "hello?"))
    run.hidden = 1


def two_answers_to_one(run: Run) -> None:
    run.say("vera", "c_1", "m1")
    run.yes("vera", "c_1", "m1", 4)


def an_answer_to_nothing(run: Run) -> None:
    run.yes("vera", "c_1", "m77", 3)


def a_yes_after_a_no(run: Run) -> None:
    run.say("vera", "c_1", "m9")
    run.no("vera", "c_1", "m9", "closed")
    run.yes("vera", "c_1", "m9", run.stores("vera", "c_1", "m9"))


def a_no_to_what_is_stored(run: Run) -> None:
    run.say("vera", "c_1", "m9")
    run.stores("vera", "c_1", "m9")
    run.no("vera", "c_1", "m9", "not_found")


def one_that_means_something_else_to_another(run: Run) -> None:
    change(run, place(run, record.Heard, by="vera 2", client_id="n1"), text="another text")


def a_text_that_was_changed(run: Run) -> None:
    run.talks["c_2"].entry[2].text = "something else"


def a_text_that_was_changed_for_all(run: Run) -> None:
    """Nobody sees any other: only who wrote it knows better."""
    an_answer_that_never_came(run)
    run.talks["c_1"].entry[2].text = "something else"
    for by in ("vera", "vera 2", "ada"):
        for at in (at for at, each in enumerate(run.records) if getattr(each, "client_id", "") == "m1"):
            if isinstance(run.records[at], record.Heard) and run.records[at].by == by:  # type: ignore[union-attr]
                change(run, at, text="something else")


def one_that_nobody_sent(run: Run) -> None:
    run.append("c_2", Row("message", "visitor", "v_2", "boo", "m66"))


def one_heard_beyond_the_log(run: Run) -> None:
    run.append("c_2", Row("notice", "system", "", "nobody is here"))
    run.talks["c_2"].entry.pop()


def one_out_of_the_order_of_sending(run: Run) -> None:
    run.say("ben", "c_2", "b8")
    run.say("ben", "c_2", "b9")
    run.stores("ben", "c_2", "b9")
    run.stores("ben", "c_2", "b8")


def answers_out_of_the_order_of_sending(run: Run) -> None:
    run.say("ben", "c_2", "b8")
    run.say("ben", "c_2", "b9")
    run.yes("ben", "c_2", "b9", run.stores("ben", "c_2", "b9"))
    run.yes("ben", "c_2", "b8", run.stores("ben", "c_2", "b8"))


def a_gap_that_stays(run: Run) -> None:
    del run.records[place(run, record.Heard, by="ada", client_id="m3")]
    run.writes("vera", "c_1", "m9")
    run.quiet()


def a_resume_with_a_hole(run: Run) -> None:
    run.go("ada")
    run.writes("vera", "c_1", "m8")
    run.writes("vera", "c_1", "m9")
    run.come("ada")
    at = place(run, record.Heard, by="ada", client_id="m8")
    run.records.append(msgspec.structs.replace(run.records.pop(at), way="page"))


def one_who_misses_the_last(run: Run) -> None:
    del run.records[place(run, record.Heard, by="vera 2", client_id="m3")]


def an_agent_who_misses_the_last(run: Run) -> None:
    del run.records[place(run, record.Heard, by="ben", client_id="b1")]
    del run.records[place(run, record.Acked, client_id="b1")]


def an_agent_who_misses_a_note(run: Run) -> None:
    del run.records[place(run, record.Heard, by="ada", log="note")]


def two_owners_are_told(run: Run) -> None:
    change(run, place(run, record.Shown, by="vera"), agent="a_2")


def two_owners_one_after_another(run: Run) -> None:
    run.event("c_1", "ConversationAssigned", '{"agent":"a_2","previous":null,"assign_no":2}')


def an_owner_who_was_never_assigned(run: Run) -> None:
    run.talks["c_2"].owner = "a_1"
    run.holds = [("a_1", *hold[1:]) if hold[1] == "c_2" else hold for hold in run.holds]


def two_owners_in_the_end(run: Run) -> None:
    run.holds.append(("a_2", "c_1", "active", 1))


def an_owner_without_a_slot(run: Run) -> None:
    run.holds.pop()


def more_than_there_is_room_for(run: Run) -> None:
    run.slots["a_1"] = 0


def one_slot_too_many(run: Run) -> None:
    run.counted("ada", used=4)


def a_snapshot_of_yesterday(run: Run) -> None:
    run.go("ben")
    run.come("ben")
    change(run, place(run, record.Identified, -1, by="ben"), v=run.v - 1)


def another_epoch(run: Run) -> None:
    run.go("ben")
    run.epoch = "e2"
    run.come("ben")


def a_restore_under_the_same_epoch(run: Run) -> None:
    run.server("restored")
    run.go("ben")
    run.come("ben")


def a_position_of_another_history(run: Run) -> None:
    run.server("restored")
    run.go("ben")
    run.epoch = "e2"
    run.come("ben", epoch="e1")


def an_assignment_counted_again(run: Run) -> None:
    run.lose("c_1")
    run.take("ada", "c_1")
    v, kind, body = run.events[-1]
    run.events[-1] = (v, kind, body.replace('"assign_no":2', '"assign_no":1'))


def a_version_behind_its_events(run: Run) -> None:
    run.v -= 1


def a_mark_that_goes_back(run: Run) -> None:
    run.read("ada", "c_1", "v_1", 3)


def a_mark_beyond_the_end(run: Run) -> None:
    run.read("ada", "c_1", "v_1", 99)


def a_visitor_who_reads_anothers(run: Run) -> None:
    run.hears(run.people["vito"], run.talks["c_1"], 3)


def an_agent_who_reads_anothers(run: Run) -> None:
    run.hears(run.people["ben"], run.talks["c_1"], 3, "entry", "page")


def an_agent_who_hears_on(run: Run) -> None:
    run.lose("c_1")
    run.writes("vera", "c_1", "m9")
    run.hears(run.people["ada"], run.talks["c_1"], len(run.talks["c_1"].entry))


def a_snapshot_that_shows_more(run: Run) -> None:
    run.records.append(record.Compared(by="ada", held='{"offers":[]}', fresh='{"offers":["o_1"]}'))


BAD: list[tuple[Callable[[Run], None], set[Invariant]]] = [
    (an_acknowledged_one_lost_at_the_end, {I.I1, I.I3}),
    (an_acknowledged_one_lost_in_the_middle, {I.I1, I.I3}),
    (an_acknowledged_one_that_nobody_heard, {I.I1, I.I3}),
    (a_start_that_never_was, {I.I1}),
    (a_start_without_its_text, {I.I1}),
    (one_answered_with_anothers_number, {I.I1, I.I3, I.I4}),
    (one_stored_twice, {I.I1, I.I2}),
    (one_that_nobody_knows_of_lost, {I.I3}),
    (two_answers_to_one, {I.I2, I.I3}),
    (an_answer_to_nothing, {I.I2}),
    (a_yes_after_a_no, {I.I2}),
    (a_no_to_what_is_stored, {I.I2}),
    (one_that_means_something_else_to_another, {I.I3}),
    (a_text_that_was_changed, {I.I3}),
    (a_text_that_was_changed_for_all, {I.I3}),
    (one_that_nobody_sent, {I.I3}),
    (one_heard_beyond_the_log, {I.I3}),
    (one_out_of_the_order_of_sending, {I.I4}),
    (answers_out_of_the_order_of_sending, {I.I4}),
    (a_gap_that_stays, {I.I5, I.I6}),
    (a_resume_with_a_hole, {I.I5}),
    (one_who_misses_the_last, {I.I6}),
    (an_agent_who_misses_the_last, {I.I6}),
    (an_agent_who_misses_a_note, {I.I6}),
    (two_owners_are_told, {I.I7}),
    (two_owners_one_after_another, {I.I7}),
    (an_owner_who_was_never_assigned, {I.I6, I.I7}),
    (two_owners_in_the_end, {I.I7, I.I8}),
    (an_owner_without_a_slot, {I.I8}),
    (more_than_there_is_room_for, {I.I8}),
    (one_slot_too_many, {I.I8}),
    (a_snapshot_of_yesterday, {I.I9}),
    (another_epoch, {I.I9}),
    (a_restore_under_the_same_epoch, {I.I9}),
    (a_position_of_another_history, {I.I9}),
    (an_assignment_counted_again, {I.I9}),
    (a_version_behind_its_events, {I.I9}),
    (a_mark_that_goes_back, {I.I11}),
    (a_mark_beyond_the_end, {I.I11}),
    (a_visitor_who_reads_anothers, {I.I12}),
    (an_agent_who_reads_anothers, {I.I12}),
    (an_agent_who_hears_on, {I.I12}),
    (a_snapshot_that_shows_more, {I.I14}),
]
