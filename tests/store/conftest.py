from __future__ import annotations

import pytest


@pytest.fixture
async def store(open_store):
    """One store with the contract's table."""
    opened = await open_store()
    await opened.write(lambda tx: tx.run("CREATE TABLE stone (n INTEGER PRIMARY KEY)"))
    return opened
