"""Contracts are imported by more than one folder: their assertions are to speak wherever they fail."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.store.contract", "tests.store.series")
