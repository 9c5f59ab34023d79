"""Why something asked for was not done."""

from __future__ import annotations


class Failure(Exception):
    """One sentence for the person who asked."""
