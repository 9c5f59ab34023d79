"""The judge of one conversation: what was sent, acknowledged and received, held against what the server has in the end.

The contract, in one sentence each (a fault names the sentence it breaks):

- the history is numbered 1, 2, 3 ... without gaps, in that order;
- every acknowledged message stands there exactly once, under its number, with its text;
- no client_id stands there twice for one sender, and nothing stands there that nobody sent;
- each sender's messages stand there in the order of sending;
- what anyone received is one unbroken run that equals the history, number by number.
"""

from __future__ import annotations

import collections
import dataclasses
import itertools
from collections.abc import Iterator

from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Client


@dataclasses.dataclass
class Account:
    """One party's own account: texts by client_id in order of sending, numbers by client_id, entries by number."""

    name: str
    sent: dict[str, str]
    acknowledged: dict[str, int]
    received: dict[int, Frame]
    openings: list[str] = dataclasses.field(default_factory=list)

    @classmethod
    def of(cls, name: str, client: Client, conversation: str) -> Account:
        """What a hand-written client went through: its outbox, and the texts it started the conversation with."""
        posts = [post for post in client.posts if post.conversation == conversation and post.refused is None]
        return cls(
            name,
            sent={post.client_id: post.text for post in posts},
            acknowledged={post.client_id: post.seq for post in posts if post.seq is not None},
            received=dict(client.transcripts[conversation].entries),
            openings=client.openings,
        )


def faults(history: list[Frame], accounts: list[Account], *, to_the_end: bool = True) -> list[str]:
    """Everything that is wrong, in sentences; `to_the_end` asks that everybody holds the last entry too."""
    found = [*_numbering(history), *_client_ids(history), *_invented(history, accounts)]
    for account in accounts:
        found += _acknowledged(history, account)
        found += _order(history, account)
        found += _received(history, account, to_the_end=to_the_end)
    return found


def _numbering(history: list[Frame]) -> Iterator[str]:
    numbers = [entry["seq"] for entry in history]
    for place, number in enumerate(numbers, start=1):
        if number != place:
            yield f"numbering: {number} stands at place {place}"
            return


def _client_ids(history: list[Frame]) -> Iterator[str]:
    counted = collections.Counter(
        (entry["from"]["role"], entry["from"]["id"], entry["client_id"]) for entry in history if entry.get("client_id")
    )
    for (_, sender, client_id), times in counted.items():
        if times > 1:
            yield f"doubled: {client_id} of {sender} stands {times} times"


def _invented(history: list[Frame], accounts: list[Account]) -> Iterator[str]:
    sent = {item for account in accounts for item in account.sent.items()}
    openings = {text for account in accounts for text in account.openings}
    for entry in history:
        said = (entry.get("client_id"), entry["text"])
        if entry["kind"] == "message" and said not in sent and entry["text"] not in openings:
            yield f"invented: nobody sent {entry['text']!r} (entry {entry['seq']}, {entry.get('client_id')})"


def _acknowledged(history: list[Frame], account: Account) -> Iterator[str]:
    by_number = {entry["seq"]: entry for entry in history}
    for client_id, number in account.acknowledged.items():
        entry = by_number.get(number)
        if entry is None:
            yield f"lost: {account.name}'s {client_id} was acknowledged as {number}, which is not there"
        elif entry.get("client_id") != client_id:
            yield f"misplaced: {account.name}'s {client_id} was acknowledged as {number}, where {entry} stands"
        elif entry["text"] != account.sent[client_id]:
            yield f"altered: {account.name}'s {client_id} says {entry['text']!r}, not {account.sent[client_id]!r}"


def _order(history: list[Frame], account: Account) -> Iterator[str]:
    order = {client_id: place for place, client_id in enumerate(account.sent)}
    latest = -1
    for entry in history:
        place = order.get(entry.get("client_id", ""), latest)
        if place < latest:
            yield f"out of order: {account.name}'s {entry['client_id']} stands after what was sent later"
        latest = max(latest, place)


def _received(history: list[Frame], account: Account, *, to_the_end: bool) -> Iterator[str]:
    by_number = {entry["seq"]: entry for entry in history}
    numbers = sorted(account.received)
    for number, follower in itertools.pairwise(numbers):
        if follower != number + 1:
            yield f"broken run: {account.name} holds {number} and then {follower}"
    if to_the_end and history and numbers[-1:] != [history[-1]["seq"]]:
        yield f"not up to date: {account.name} holds up to {numbers[-1:]} of {history[-1]['seq']}"
    for number in numbers:
        if account.received[number] != by_number.get(number):
            yield f"differs: {account.name} holds {account.received[number]}, the history {by_number.get(number)}"
