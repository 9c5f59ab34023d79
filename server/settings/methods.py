"""The routing methods in one sentence each, for whoever has to choose one."""

from __future__ import annotations

from typing import Final

from server.settings.workspace import Method

METHODS: Final[dict[Method, str]] = {
    "ring_all": "Rings at every agent who can take it, until one picks it up.",
    "max_utilization": "Fills up the busiest agent who still has a free slot, so that others stay free.",
    "average_utilization": "Gives it to the agent with the fewest running conversations.",
    "priority": "Gives it to the best priority number with a free slot (1 is best), and there to the least busy.",
    "random": "Draws one of the agents who can take it.",
    "round_robin": "Goes round the agents in turn.",
    "longest_idle": "Gives it to the agent whose last assignment is longest ago.",
}
