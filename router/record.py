"""How the router's plain values are made: `@record` is `@dataclass(frozen=True, slots=True, kw_only=True)` to whoever
reads it and to the type checker, at a third of its price.

A dataclass that is frozen at run time sets every field through `object.__setattr__`. The router makes some ten values
for each decision, and that was half of what a decision cost (`python -m bench routing`). So nothing but the type
checker, which runs over every line of this project, keeps a record from being changed.
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """A value with named fields: compared and hashed by them, never changed."""
    return dataclass(slots=True, kw_only=True, unsafe_hash=True)(cls)
