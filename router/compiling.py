"""What is said to the compiler alone (decision 19). Interpreted it means nothing and needs nothing installed.

`mypyc_attr(acyclic=True)`: nothing that an instance refers to leads back to it, so the collector need not know it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_extensions import mypyc_attr
else:

    def mypyc_attr(**_attributes: Any) -> Callable[[type], type]:
        """The class as it is."""
        return lambda decorated: decorated


__all__ = ["mypyc_attr"]
