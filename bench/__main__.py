"""``python -m bench [NAME]``: measurements, each beside its baseline, and long proofs."""

from __future__ import annotations

from typing import Any

import click

from bench import bot as bot_bench
from bench import connections as connections_bench
from bench import offer as offer_bench
from bench import proof as routing_proof
from bench import relay as relay_bench
from bench import restart as restart_bench
from bench import routing as routing_bench
from bench import storm as storm_bench
from bench import walk as random_walk


@click.group(invoke_without_command=True)
@click.pass_context
def main(context: click.Context) -> None:
    """Measure beside the baselines; without a name all that DESIGN §10 has a budget for, in about ten minutes."""
    if context.invoked_subcommand is None:
        for bench in (relay, bot, connections, offer, restart, storm, routing):
            click.secho(f"\n{bench.name}: {bench.help}", bold=True)
            context.invoke(bench)


@main.command()
@click.option("--pairs", default=1000, show_default=True, help="Visitor-agent pairs; 1,000 at most.")
@click.option("--seconds", default=5.0, show_default=True, help="Length of a measured stretch.")
@click.option("--rate", default=2000, show_default=True, help="Messages a second of the paced stretch.")
@click.option("--log-messages", "messages", default=1_000_000, show_default=True, help="In the log beforehand.")
@click.option("--rounds", default=1, show_default=True, help="Runs of each server; the medians count.")
def relay(*, pairs: int, seconds: float, rate: int, messages: int, rounds: int) -> None:
    """What a durable message costs."""
    relay_bench.run(pairs=pairs, seconds=seconds, rate=rate, messages=messages, rounds=rounds)


@main.command()
@click.option("--conversations", default=1000, show_default=True, help="With the bot at once; 1,000 at most.")
@click.option("--seconds", default=5.0, show_default=True, help="Length of a measured stretch.")
@click.option("--rate", default=2000, show_default=True, help="Messages a second, visitors' and answers together.")
@click.option("--log-messages", "messages", default=1_000_000, show_default=True, help="In the log beforehand.")
@click.option("--rounds", default=1, show_default=True, help="Runs of each server; the medians count.")
@click.option("--client", is_flag=True, help="Once more with the Python client of bots/.")
def bot(**plan: Any) -> None:
    """What a bot's conversation costs beside the relay."""
    bot_bench.run(bot_bench.Plan(**plan))


@main.command()
@click.option("--seconds", default=20.0, show_default=True, help="Length of the measured stretch.")
@click.option("--rate", default=2000, show_default=True, help="Messages a second beside it.")
@click.option("--closes", default=40.0, show_default=True, help="Slots that come free a second.")
@click.option("--messages", default=1_000_000, show_default=True, help="In the log already.")
def offer(seconds: float, rate: int, closes: float, messages: int) -> None:
    """How soon a free slot rings."""
    offer_bench.run(seconds=seconds, rate=rate, closes=closes, messages=messages)


@main.command()
@click.option("--count", default=15_000, show_default=True, help="Visitors' connections.")
@click.option("--rounds", default=1, show_default=True, help="Runs of each server; the least counts.")
def connections(*, count: int, rounds: int) -> None:
    """What an idle connection takes of memory."""
    connections_bench.run(connections=count, rounds=rounds)


@main.command()
@click.option("--messages", default=1_000_000, show_default=True, help="In the log.")
@click.option("--open", "opened", default=10_000, show_default=True, help="Conversations that are not over.")
def restart(*, messages: int, opened: int) -> None:
    """How soon a killed server works again."""
    restart_bench.run(messages=messages, opened=opened)


@main.command()
@click.option("--clients", default=5000, show_default=True, help="How many come back at once.")
def storm(clients: int) -> None:
    """How a restarted server takes everybody at once."""
    storm_bench.run(clients=clients)


@main.command()
@click.option("--here", is_flag=True, help="Only the router that this process imports.")
def routing(*, here: bool) -> None:
    """What a decision costs, and a simulated conversation."""
    if here:
        routing_bench.run_here()
    else:
        routing_bench.run()


@main.command()
@click.option("--scale", default=1.0, show_default=True, help="Longer or shorter runs.")
@click.option("--only", default="", metavar="TITLE", help="Sections whose title contains this.")
@click.option("--jobs", default=2, show_default=True, help="Experiments at once.")
def proof(scale: float, only: str, jobs: int) -> None:
    """Write docs/routing-proof.md: the router beside what theory says."""
    routing_proof.write(scale=scale, only=only, jobs=jobs)


@main.command()
@click.option("--steps", default=10_000_000, show_default=True, help="How far to walk.")
@click.option("--jobs", default=2, show_default=True, help="Walks at once.")
@click.option("--seed", default=1, show_default=True, help="Of the first walk; each next one has the next.")
@click.pass_context
def walk(context: click.Context, steps: int, jobs: int, seed: int) -> None:
    """Random steps of the router, each of them checked; exits with 1 when an invariant breaks."""
    if not random_walk.run(steps=steps, jobs=jobs, seed=seed):
        context.exit(1)


if __name__ == "__main__":
    main()
