"""The tables of `router.transitions` as diagrams, for `docs/state-machines.md`. Pure text: whoever calls it writes it.

`python -m tests.router.test_draw` writes the page; a test sees that it is fresh.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from router.transitions import CONVERSATION, HOLD, OFFER, STATUS

_PAGE = """# State machines

Generated from the tables of `router/transitions.py` by `python -m tests.router.test_draw`; do not edit.
Nothing else in the router assigns a state. `[*]` is where a machine begins and, on the right, where it is forgotten.

## Conversation

`bot`: a bot has it, so it is in no line and takes nobody's slot. `offered`: an offer of a conversation in line is
pending. A transfer to an agent rings while it stays `active`.

{conversation}

## Offer

{offer}

## Hold

What takes an agent's slots. A soft offer (ring_all) holds nothing until it is accepted.

{hold}

## Status

What the agent chose; only missing too many offers changes it for them.

{status}
"""


def page() -> str:
    """The whole of `docs/state-machines.md`."""
    return _PAGE.format(
        conversation=diagram(CONVERSATION), offer=diagram(OFFER), hold=diagram(HOLD), status=diagram(STATUS)
    )


S = TypeVar("S", bound=StrEnum)
C = TypeVar("C", bound=StrEnum)


def diagram(table: Mapping[S | None, Mapping[C, S | None]]) -> str:
    """One machine in mermaid. States without a row of their own end."""
    lines = ["```mermaid", "stateDiagram-v2"]
    for state, row in table.items():
        lines += [f"    {_name(state)} --> {_name(then)}: {cause}" for cause, then in row.items()]
        if not row:
            lines.append(f"    {_name(state)} --> [*]")
    return "\n".join([*lines, "```"])


def _name(state: StrEnum | None) -> str:
    return "[*]" if state is None else state.value
