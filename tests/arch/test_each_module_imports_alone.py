"""Each module can be the first one imported, without a warning: no order, no cycle, no accident."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.arch.source import FIRST_PARTY, ROOT, sources

# One interpreter loads the libraries once, then a fork of it imports each module with nothing of ours loaded.
DRIVER = """
import json, os, sys, traceback

ours, libraries = json.load(sys.stdin)
for name in libraries:
    __import__(name)
failed = []
for module in ours:
    child = os.fork()
    if child == 0:
        try:
            __import__(module)
        except BaseException:
            print("--", module, file=sys.stderr)
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        failed.append(module)
json.dump(failed, sys.stdout)
"""


def failing(modules: list[str], libraries: list[str], root: str) -> tuple[list[str], str]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DRIVER],
        input=json.dumps([modules, libraries]),
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return (json.loads(done.stdout) if done.returncode == 0 else ["(the driver)"]), done.stderr


@pytest.mark.slow
@pytest.mark.timeout(300)  # a process for each module; only a hang takes longer
def test_each_module_imports_alone():
    code = sources("router", "server", "bots")
    libraries = {
        wanted.top
        for source in code
        for wanted in source.imports
        if wanted.top not in FIRST_PARTY and wanted.top not in sys.stdlib_module_names
    }
    faults, words = failing([source.module for source in code], sorted(libraries), str(ROOT))
    assert faults == [], words


@pytest.mark.parametrize(
    "text", ["import second", "import warnings\nwarnings.warn('old', DeprecationWarning)", "x = 1 / 0"]
)
def test_a_module_that_cannot_is_named(tmp_path, text):
    (tmp_path / "first.py").write_text(text)
    (tmp_path / "second.py").write_text("import first\nfirst.missing")
    assert "first" in failing(["first"], [], str(tmp_path))[0]
