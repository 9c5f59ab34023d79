"""Good histories of any shape have no faults; one change in them is caught, unless it changes nothing that counts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.history import record
from tests.history.building import Run
from tests.history.checker import check

VISITORS = ("vera", "vito")


def any_run(chance: random.Random) -> Run:
    """Some conversations, some writing, some cuts; quiet in the end."""
    run = Run()
    run.come("ada", "a_1", "agent")
    for number, by in enumerate(VISITORS, start=1):
        run.come(by, f"v_{number}")
        run.start(by, f"c_{number}")
        run.take("ada", f"c_{number}")
    for number in range(chance.randrange(4, 16)):
        talk = chance.choice(list(run.talks))
        by = chance.choice((VISITORS[int(talk[2:]) - 1], "ada"))
        if chance.random() < 0.2:
            run.go(by)
            run.come(by)
        run.writes(by, talk, f"m{number}")
    run.quiet()
    return run


def is_told(run: Run, kind: type[record.Record], **having: object) -> list[int]:
    return [
        at
        for at, each in enumerate(run.records)
        if isinstance(each, kind) and all(getattr(each, name) == value for name, value in having.items())
    ]


def drop_a_row(run: Run, chance: random.Random) -> bool:
    talk = run.talks[chance.choice(list(run.talks))]
    del talk.entry[chance.randrange(len(talk.entry))]
    return True


def double_a_row(run: Run, chance: random.Random) -> bool:
    talk = run.talks[chance.choice(list(run.talks))]
    at = chance.randrange(len(talk.entry))
    talk.entry.insert(chance.randrange(at, len(talk.entry)) + 1, talk.entry[at])
    return True


def swap_two_rows(run: Run, chance: random.Random) -> bool:
    talk = run.talks[chance.choice(list(run.talks))]
    at, other = chance.sample(range(len(talk.entry)), 2)
    talk.entry[at], talk.entry[other] = talk.entry[other], talk.entry[at]
    return True


def alter_a_row(run: Run, chance: random.Random) -> bool:
    chance.choice(run.talks[chance.choice(list(run.talks))].entry).text += "!"
    return True


def drop_what_was_heard(run: Run, chance: random.Random) -> bool:
    """Caught if it was the only time that this client heard it, unless it is what its account begins with."""
    at = chance.choice(is_told(run, record.Heard))
    gone = run.records.pop(at)
    assert isinstance(gone, record.Heard)
    told = is_told(run, record.Heard, by=gone.by, conversation=gone.conversation)
    numbers = {run.records[each].seq for each in told}  # type: ignore[union-attr] # all of them heard
    return gone.seq not in numbers and gone.seq > min(numbers, default=0)


def double_what_was_heard(run: Run, chance: random.Random) -> bool:
    """Told twice is told once, if it is after the first time and as it happens."""
    at = chance.choice(is_told(run, record.Heard, way="live"))
    run.records.insert(chance.randrange(at, len(run.records) - 1) + 1, run.records[at])
    return False


def renumber_what_was_heard(run: Run, chance: random.Random) -> bool:
    return _changed(run, chance, record.Heard, "seq", chance.choice((-1, 1, 2)))


def renumber_an_answer(run: Run, chance: random.Random) -> bool:
    return _changed(run, chance, record.Acked, "seq", chance.choice((-1, 1, 2)), do="message.send")


def alter_what_was_heard(run: Run, chance: random.Random) -> bool:
    return _changed(run, chance, record.Heard, "text", "!")


def _changed(
    run: Run, chance: random.Random, kind: type[record.Record], field: str, by: object, **having: object
) -> bool:
    at = chance.choice(is_told(run, kind, **having))
    changed = getattr(run.records[at], field) + by
    run.records[at] = msgspec.structs.replace(run.records[at], **{field: changed})
    return True


def drop_an_answer(run: Run, chance: random.Random) -> bool:
    """It may get lost on its way."""
    del run.records[chance.choice(is_told(run, record.Acked))]
    return False


def double_an_answer(run: Run, chance: random.Random) -> bool:
    at = chance.choice(is_told(run, record.Acked))
    run.records.insert(chance.randrange(at, len(run.records) - 1) + 1, run.records[at])
    return False


def drop_what_was_said(run: Run, chance: random.Random) -> bool:
    del run.records[chance.choice(is_told(run, record.Said))]
    return True


def swap_what_was_said(run: Run, chance: random.Random) -> bool:
    """Of one client in one conversation, if it said two things there."""
    places = is_told(run, record.Said, do="message.send")
    kinds = Counter((each.by, each.conversation) for each in (run.records[at] for at in places))  # type: ignore[union-attr]
    often = [kind for kind, count in kinds.items() if count > 1]
    if not often:
        return False
    by, conversation = chance.choice(often)
    first, second = chance.sample(is_told(run, record.Said, do="message.send", by=by, conversation=conversation), 2)
    run.records[first], run.records[second] = run.records[second], run.records[first]
    return True


def alter_what_was_said(run: Run, chance: random.Random) -> bool:
    return _changed(run, chance, record.Said, "text", "!")


MUTATIONS: list[Callable[[Run, random.Random], bool]] = [
    drop_a_row,
    double_a_row,
    swap_two_rows,
    alter_a_row,
    drop_what_was_heard,
    double_what_was_heard,
    renumber_what_was_heard,
    alter_what_was_heard,
    renumber_an_answer,
    drop_an_answer,
    double_an_answer,
    drop_what_was_said,
    swap_what_was_said,
    alter_what_was_said,
]

in_time = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@in_time
@given(st.integers(0, 2**32))
def test_any_good_run_has_no_faults(seed: int):
    run = any_run(random.Random(seed))
    assert check(run.records, run.database()) == []


@in_time
@given(st.integers(0, 2**32), st.sampled_from(MUTATIONS))
def test_one_change_is_caught_or_changes_nothing(seed: int, mutate: Callable[[Run, random.Random], bool]):
    chance = random.Random(seed)
    run = any_run(chance)
    counts = mutate(run, chance)
    assert bool(check(run.records, run.database())) == counts


def test_each_mutation_is_caught_somewhere():
    """Whatever is drawn above, each kind is put to the test here."""
    for mutate in MUTATIONS:
        outcomes = set()
        for seed in range(6):
            chance = random.Random(seed)
            run = any_run(chance)
            counts = mutate(run, chance)
            outcomes.add((counts, bool(check(run.records, run.database()))))
        assert all(counts == caught for counts, caught in outcomes), mutate.__name__
