"""What a seed means: how many come, for how long, and which misfortunes they meet with.

Who adds to it draws at the end, so that the seeds there are mean what they meant.
"""

from __future__ import annotations

import dataclasses
import random

from tests.simulation.disk import Weather


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What a seed means."""

    visitors: int
    pages: int  # a second one of the first visitor
    agents: int
    seconds: float
    pace: float  # seconds between two acts of one client, on average
    shuffles: bool
    kills: int
    weather: Weather
    cuts: float  # chance of each connection
    silences: float
    slowness: float
    cancels: float
    bus_is_late: float
    latency: float
    method: str
    wrap_up: int
    restores: bool  # at the first kill: from a backup made a while before
    bots: int = 0  # connections of the bot that answers first; asked for, not drawn
    cancels_at: int = 0  # the wait at which each connection's task is cancelled; asked for, not drawn

    @classmethod
    def of(cls, chance: random.Random) -> Plan:
        """Each kind of misfortune in some of the runs: alone they show more than all at once."""

        def some(share: float, most: float) -> float:
            return chance.uniform(0, most) if chance.random() < share else 0.0

        return cls(
            visitors=chance.choice((1, 2, 3)),
            pages=chance.choice((0, 0, 1)),
            agents=chance.choice((1, 2, 2)),
            seconds=chance.uniform(6, 14),
            pace=chance.uniform(0.5, 1.5),
            shuffles=chance.random() < 0.5,
            kills=chance.choice((0, 0, 0, 1, 1, 2)),
            weather=Weather(fails=some(0.4, 0.1), lies=some(0.3, 0.08), read_fails=some(0.25, 0.08)),
            cuts=some(0.6, 0.7),
            silences=some(0.15, 0.3),
            slowness=some(0.2, 0.5),
            cancels=some(0.25, 0.4),
            bus_is_late=some(0.3, 0.3),
            latency=chance.choice((0.001, 0.02, 0.2)),
            method=chance.choice(("average_utilization", "ring_all", "priority")),
            wrap_up=chance.choice((0, 0, 5)),
            restores=chance.random() < 0.2,
        )._slow(chance)

    def _slow(self, chance: random.Random) -> Plan:
        """A disk that takes its time, in some: what happens while one waits for it is then a lot."""
        self.weather.slow = chance.choice((0.02, 0.02, 0.3))
        return self
