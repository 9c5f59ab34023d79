"""What is generated from the Python frames is as they are now: the TypeScript types and the protocol's reference."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from server.wire.reference import reference
from tests.arch.source import ROOT

COMMITTED = ROOT / "widget/client/generated.ts"


def test_the_types_of_the_wire_are_fresh(tmp_path):
    fresh = tmp_path / "generated.ts"
    beside_python = Path(sys.executable).parent
    done = subprocess.run(
        ["node", "tools/types.mjs", str(fresh)],
        cwd=ROOT,
        env={**os.environ, "PYTHON": sys.executable, "PATH": f"{beside_python}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert fresh.read_text(encoding="utf-8") == COMMITTED.read_text(encoding="utf-8"), "stale: run `make types`"


def test_the_reference_of_the_protocol_is_fresh():
    committed = ROOT / "docs/protocol.md"
    assert reference() == committed.read_text(encoding="utf-8"), "stale: run `make types`"
