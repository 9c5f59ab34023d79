r"""What a regular expression may cost. The library's engine never backtracks, but it compiles a pattern at each use.

Unicode classes (`\w`, `.`, `[…]`) are what compiling spends its time on, and counted repetition copies them:
`\w{100}` takes 31 ms where `refund|return` takes 0.1. The cost here is that time in about microseconds.
"""

from __future__ import annotations

import re

_ITEM = re.compile(
    r"""
      (?P<open> \((?:\?[A-Za-z-]*:|\?P?<\w+>)? )
    | (?P<close> \) )
    | (?P<times> \{(\d+)(?:,(\d*))?\} )
    | (?P<dear> \\(?:[wWdDsS]|[pP](?:\{[^}]*\}|[A-Za-z])) | \[\^?\]?(?:\\.|\[:\w+:\]|[^\]])*\] | \. )
    | (?P<cheap> \\. | . )
    """,
    re.VERBOSE | re.DOTALL,
)
_DEAR = 300
_CHEAP = 10
_START = 100


def pattern_cost(pattern: str) -> int:
    """About the microseconds it takes to compile, rather too many than too few."""
    total, last = [_START], 0
    for match in _ITEM.finditer(pattern):
        match match.lastgroup:
            case "open":
                total.append(0)
                last = 0
            case "close":
                last = total.pop() if len(total) > 1 else 0
                total[-1] += last
            case "times":
                times = max(int(match[4]), int(match[5] or match[4]))
                total[-1] += last * max(times - 1, 0)
                last *= max(times, 1)
            case "dear":
                last = _DEAR
                total[-1] += last
            case _:
                last = _CHEAP
                total[-1] += last
    return sum(total)
