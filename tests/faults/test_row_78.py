"""The proof run in miniature, and a judge who is not to be fooled: row 78."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import apsw
import pytest

from tests.faults.extent import SEED, times
from tests.faults.million import Million, Plan, judged, recording, workspace_of
from tests.faults.serving import DATABASE, Serving


@pytest.mark.row(78)
@pytest.mark.slow
@pytest.mark.timeout(1200)
async def test_row_78_what_everybody_was_told_is_what_the_database_holds(tmp_path: Path, templates: Path) -> None:
    plan = Plan(
        messages=times(4_000, 50_000), seed=SEED, visitors=20, agents=3, slots=8, quota=40, pace=times(1_000, 4_000)
    )
    with Serving(tmp_path, templates, workspace_of(plan)) as serving, recording(tmp_path / "history") as recorder:
        million = Million(plan, serving, recorder)
        await million.run()
        print(million.tally.line())
    assert million.tally.faults.total() >= 3
    assert million.tally.conversations >= plan.messages / plan.quota / 4
    database = serving.data / DATABASE
    code, said = await asyncio.to_thread(judged, tmp_path / "history", database)
    assert code == 0, said
    # The same history, and a database in which one acknowledged message is missing.
    with contextlib.closing(apsw.Connection(str(database))) as connection:
        connection.execute("DELETE FROM entry WHERE (conversation, seq) = (SELECT conversation, max(seq) FROM entry)")
    code, said = await asyncio.to_thread(judged, tmp_path / "history", database)
    assert code == 1, said
