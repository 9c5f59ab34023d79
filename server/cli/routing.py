"""`frontdesk why` and `route`: what was decided about a conversation, and what would be decided about a visitor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
from msgspec import UnsetType

from server.cli.doing import carry_out
from server.cli.options import data_option
from server.cli.tables import aligned
from server.control import requests as ask
from server.desk.reason_words import says_clause
from server.wire import parts
from server.wire.reasons import Excluded, Needs, RouteAnswer, RouteBody, WhyAnswer

_INDENT = "    "
_json_option = click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")


@click.command(
    epilog="""\b
Examples:
  frontdesk why c_0f3hq2m7
  frontdesk why c_0f3hq2m7 --json | jq '.turns[].says'
"""
)
@click.argument("conversation")
@_json_option
@data_option
def why(*, conversation: str, as_json: bool, data: Path) -> None:
    """Say why a conversation went where it went.

    Every offer with its reason and its end, who had it, what the visitor was promised; and, while it waits, what keeps
    each agent out. CONVERSATION is its id.
    """
    found = carry_out(data, ask.Why(conversation=conversation)).found
    if as_json:
        click.echo(bytes(found))
        return
    for line in _why(msgspec.json.decode(found, type=WhyAnswer)):
        click.echo(line)


@click.command(
    epilog="""\b
Examples:
  frontdesk route --page https://shop.example/pricing --language da --text "Hvad koster det?"
  frontdesk route --department support --form plan=gold --json
"""
)
@click.option("--page", default="", help="The address of the page the visitor is on.")
@click.option("--title", default="", help="Its title.")
@click.option("--referrer", default="", help="Where the visitor came from.")
@click.option("--site", default="", help="The site's key; the first one if left out.")
@click.option("--department", help="What the visitor chooses, by key.")
@click.option("--language", default="", help="Of the page, such as da.")
@click.option("--timezone", default="", help="Of the visitor, such as Europe/Copenhagen.")
@click.option("--country", default="", help="Two capital letters; else it follows from the zone.")
@click.option("--name", default="", help="The visitor's name.")
@click.option("--email", default="", help="The visitor's address.")
@click.option("--text", default="", help="The first message.")
@click.option("--form", "fields", multiple=True, metavar="FIELD=VALUE", help="A field of the form. Repeatable.")
@_json_option
@data_option
def route(
    *,
    page: str,
    title: str,
    referrer: str,
    fields: tuple[str, ...],
    as_json: bool,
    data: Path,
    **visitor: str | None,
) -> None:
    """Say what would become of a visitor.

    A dry run on the running server: the rules that match, the line and the wait, who would be chosen at this moment and
    why the others would not. Nothing is started and nothing changes.
    """
    said = {
        "page": {"url": page, "title": title, "referrer": referrer},
        "form": dict(_field(each) for each in fields),
        **visitor,
    }
    try:
        body = msgspec.convert(said, RouteBody)
    except msgspec.ValidationError as error:
        raise click.UsageError(f"{error}.") from error
    found = carry_out(data, ask.Route(visitor=body)).found
    if as_json:
        click.echo(bytes(found))
        return
    for line in _route(msgspec.json.decode(found, type=RouteAnswer)):
        click.echo(line)


def _field(said: str) -> tuple[str, str]:
    name, equals, value = said.partition("=")
    if not equals:
        raise click.UsageError(f"--form takes FIELD=VALUE, not {said}.")
    return name, value


def _route(answer: RouteAnswer) -> Iterator[str]:
    yield from aligned([[each.rule, each.outcome.replace("_", " "), each.reason] for each in answer.rules])
    yield from _way(answer)
    needs = answer.needs
    yield from _asked([], needs)
    if answer.head_start_s:
        yield f"Head start: {answer.head_start_s} s."
    if answer.reservation is not None:
        names = ", then ".join(_name(each) for each in answer.reservation.agents)
        yield f"Kept for {names} for {answer.reservation.seconds} s."
    if answer.tags:
        yield f"Tags: {', '.join(answer.tags)}."
    yield f"Language: {answer.language}."
    if answer.bot is not None:
        yield f"First: the bot {_name(answer.bot)}."
    elif answer.first:
        yield f"First: {answer.first}, which is not to be had now."
    if answer.queue is not None:
        yield _line(answer.queue)
    yield answer.says
    if answer.why is not None:
        yield from reasons(answer.why, answer.excluded)


def _way(answer: RouteAnswer) -> Iterator[str]:
    """From what was asked for to where it begins."""
    yield f"Asked for: {_name(answer.asked)}."
    if answer.routed != answer.asked:
        yield f"Rules send it to {_name(answer.routed)}."
    if answer.department != answer.routed:
        yield f"It overflows to {_name(answer.department)}."


def _line(queue: parts.Queue) -> str:
    if not queue.serving:
        return f"Place in line: {queue.place}. Nobody serves it."
    wait = "no estimate" if queue.wait is None else f"{queue.wait.low_s} to {queue.wait.high_s} s"
    return f"Place in line: {queue.place}. Wait: {wait}."


def _why(answer: WhyAnswer) -> Iterator[str]:
    holder = "" if answer.agent is None else f", with {_name(answer.agent)}"
    yield f"Conversation {answer.conversation}: {answer.state} in {_name(answer.department)}{holder}."
    yield f"It began at {answer.started_at}."
    yield from _asked(answer.rules, answer.needs)
    before = None
    for turn in answer.turns:
        yield ""
        yield f"{turn.at}  {turn.says}"
        # Of a ring at everybody, the table is the same for each of them.
        if isinstance(turn.why, parts.Why) and turn.why != before and not isinstance(turn.excluded, UnsetType):
            yield from reasons(turn.why, turn.excluded)
        before = turn.why
    if answer.waiting is not None:
        yield ""
        place = "" if answer.waiting.place is None else f", at place {answer.waiting.place}"
        yield f"It waits{place}. {answer.waiting.says}"
        yield from reasons(answer.waiting.why, answer.waiting.excluded)


def _asked(rules: list[str], needs: Needs | None) -> Iterator[str]:
    if rules:
        yield f"Rules that matched: {', '.join(rules)}."
    if needs is not None and needs.require:
        yield f"It requires {_levels(needs.require)}."
    if needs is not None and needs.prefer:
        yield f"It prefers {_levels(needs.prefer)}."


def reasons(why: parts.Why, excluded: list[Excluded]) -> Iterator[str]:
    """The table of candidates; of a large team, which has none, how many each clause kept out."""
    if why.candidates:
        head = ["agent", "running", "slots", "priority", "measure", "why not"]
        rows = [[*_candidate(each), _why_not(each, why)] for each in why.candidates]
        yield from aligned([head, *rows], indent=_INDENT)
    else:
        rows = [[str(each.count), each.clause, each.says] for each in excluded]
        if rows:
            yield from aligned([["agents", "clause", ""], *rows], indent=_INDENT)


def _candidate(one: parts.Candidate) -> list[str]:
    return [_name(one.agent), str(one.running), f"{one.used}/{one.max}", str(one.priority), one.measure]


def _why_not(one: parts.Candidate, why: parts.Why) -> str:
    if one.excluded is not None:
        return says_clause(one.excluded)
    if why.chosen is not None and one.agent.id == why.chosen.agent.id:
        return "chosen"
    return "next" if why.runner_up is not None and one.agent.id == why.runner_up.agent.id else "could take it"


def _name(named: parts.Named) -> str:
    return named.name or named.key or named.id


def _levels(found: dict[str, int]) -> str:
    return ", ".join(f"{skill} {level}" for skill, level in found.items())
