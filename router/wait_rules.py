"""When a wait message may speak (DESIGN §5.7), as pure functions of the rule and the record.

Theory
======

| `when` | says | looked at |
|---|---|---|
| `queued` | you stand in line, and somebody serves it | on entering, when an offer ended, when somebody comes |
| `nobody` | nobody is here | on entering, when the last one goes |
| `returned` | your agent was lost, you are back in line | on entering |
| `place` | you came nearer | at `SweepPlaces`, at most every 2 s |
| `every` | every `seconds`, from entering and then from the last time it spoke | by deadline |
| `waited` | `seconds` have passed in this line entry | by deadline |
| `estimate_passed` | the longest wait that was promised has passed | by deadline |

`every` and `place` repeat, up to `max_count`; the others speak once. All of it belongs to one entry into a line: with
the next one everything begins anew.

*Who is told.* Whoever is in line, also while it rings for somebody: until somebody joins they wait. `queued` and
`nobody` say where one stands, and are held back while it rings. A message left for later is told nothing.

*At least so many ahead* (`min_ahead`) silences what repeats, and `queued`.

*Never two nearer than `min_interval`*: a rule holds its tongue until that long after whatever was said last, and then
speaks if there is still something to say. Exempt are the first word, `returned`, and what corrects the last word:
`nobody`, and `queued` after it. Nobody is left believing what has ceased to be true.

*Rules have names*, made of what they say and not of where they stand, so that a changed list of rules says nothing
twice: the kind, for `waited` its time, and which one it is among its like. What was said stays noted under the name.

*One look is enough.* A moment that has come is looked at once, like the deadlines that only wake somebody. If a rule
has nothing to say then (nobody ahead), the next sweep or change of prospects looks at it again; a router that slept
says one thing, not everything it missed, and the interval goes on from there.
"""

from collections.abc import Sequence
from typing import assert_never

from router.conversation import Conversation
from router.model import MessageRule


def name_of(messages: Sequence[MessageRule], number: int) -> str:
    """What a rule is called in the record of what was said."""
    like = [_likeness(rule) for rule in messages[: number + 1]]
    return f"{like[-1]}#{like.count(like[-1])}"


def _likeness(rule: MessageRule) -> str:
    return f"{rule.when} {rule.seconds_ms}" if rule.when == "waited" else rule.when


def is_spent(rule: MessageRule, name: str, conversation: Conversation) -> bool:
    """It has spoken as often as it may in this line entry."""
    said = conversation.said_of(name)
    count = 0 if said is None else said.count
    return count >= (rule.max_count if rule.when in {"every", "place"} else min(1, rule.max_count))


def speaks_from(rule: MessageRule, name: str, conversation: Conversation) -> int | None:
    """From when on the clock lets it speak, whatever else it waits for; None: never, as things are."""
    own = _own_moment(rule, name, conversation)
    if own is None or conversation.told_at is None or _interrupts(rule, conversation):
        return own
    return max(own, conversation.told_at + rule.min_interval_ms)


def _own_moment(rule: MessageRule, name: str, conversation: Conversation) -> int | None:
    entered_at = conversation.entered_line_at
    match rule.when:
        case "every":
            said = conversation.said_of(name)
            return (entered_at if said is None else said.at) + rule.seconds_ms if rule.seconds_ms else None
        case "waited":
            return entered_at + rule.seconds_ms
        case "estimate_passed":
            promise = conversation.promise
            return None if promise is None else promise.at + promise.high_ms
        case "queued" | "place" | "nobody" | "returned":
            return entered_at
        case _:
            assert_never(rule.when)


def _interrupts(rule: MessageRule, conversation: Conversation) -> bool:
    """It need not keep its distance: `returned`, and what corrects the last word."""
    match rule.when:
        case "returned" | "nobody":
            return True
        case "queued":
            last = [said.rule for said in conversation.said if said.at == conversation.told_at]
            return any(name.startswith("nobody") for name in last)
        case "every" | "place" | "waited" | "estimate_passed":
            return False
        case _:
            assert_never(rule.when)


def due_at(rule: MessageRule, name: str, conversation: Conversation) -> int | None:
    """When to look whether it has something to say; None where time alone never gives it anything."""
    if conversation.left or not conversation.in_line or is_spent(rule, name, conversation):
        return None
    match rule.when:
        case "every" | "waited" | "estimate_passed" | "queued":
            return speaks_from(rule, name, conversation)
        case "place" | "nobody" | "returned":
            return None
        case _:
            assert_never(rule.when)


def counts_ahead(rule: MessageRule) -> bool:
    """Whether `min_ahead` applies."""
    return rule.when in {"queued", "every", "place"}
