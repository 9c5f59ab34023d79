"""Each module can be the first one imported, without a warning: no order, no cycle, no accident."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.arch.source import FIRST_PARTY, ROOT, sources

# One interpreter loads the libraries once. To import `a.b.c` is to import `a`, then `a.b`, then `a.b.c`: a fork of it
# imports `a` with nothing of ours loaded, and forks in turn for each module directly below `a`. So each module is
# imported exactly as if it were the first one, and what its packages load is loaded once for all that lie in them.
DRIVER = """
import json, os, sys, tempfile, traceback

ours, libraries = json.load(sys.stdin)
for name in libraries:
    __import__(name)
below = {}
for module in ours:
    below.setdefault(module.rpartition(".")[0], []).append(module)

def each_below(package):
    for module in below.get(package, ()):
        child = os.fork()
        if child == 0:
            try:
                __import__(module)
            except BaseException:
                print("--", module, file=sys.stderr)
                traceback.print_exc()
            else:
                os.write(well.fileno(), module.encode() + b"\\n")
                each_below(module)
            sys.stderr.flush()
            os._exit(0)
        os.waitpid(child, 0)

with tempfile.TemporaryFile() as well:
    each_below("")
    well.seek(0)
    json.dump(sorted(set(ours) - set(well.read().decode().split())), sys.stdout)
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


def test_the_compiler_warns_of_nothing():
    """Where there is bytecode already, an import does not ask it."""
    for source in sources("router", "server", "bots"):
        compile(source.text, source.path, "exec", dont_inherit=True)


@pytest.mark.parametrize(
    "text", ["import second", "import warnings\nwarnings.warn('old', DeprecationWarning)", "x = 1 / 0"]
)
def test_a_module_that_cannot_is_named(tmp_path, text):
    (tmp_path / "first.py").write_text(text)
    (tmp_path / "second.py").write_text("import first\nfirst.missing")
    assert "first" in failing(["first"], [], str(tmp_path))[0]
