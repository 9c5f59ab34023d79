"""What `pip install .` carries: the packages, the built pages, the command; and nothing of one workplace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from typing import Any

import pytest

import hatch_build
from tests.arch.source import ROOT


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    built = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(built, cwd=ROOT, check=True, env={**os.environ, "FRONTDESK_COMPILE": "0"})
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return wheel, sdist


def unpacked(sdist, folder):
    subprocess.run(["tar", "-xzf", str(sdist), "-C", str(folder)], check=True)
    (root,) = folder.iterdir()
    return root


def test_the_wheel_is_whole(distributions):
    with zipfile.ZipFile(distributions[0]) as wheel:
        names = set(wheel.namelist())
        (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
        assert "frontdesk = server.cli:main" in wheel.read(entry_points).decode()
    wanted = {path.relative_to(ROOT).as_posix() for path in (ROOT / hatch_build.BUILT).rglob("*") if path.is_file()}
    wanted |= {
        path.relative_to(ROOT).as_posix()
        for part in ("router", "server", "bots")
        for path in (ROOT / part).rglob("*.py")
    }
    assert set() == wanted - names
    assert {"router", "server", "bots"} == {name.split("/")[0] for name in names if ".dist-info/" not in name}


def test_an_sdist_needs_no_node_to_be_installed(distributions, tmp_path):
    root = unpacked(distributions[1], tmp_path)
    assert hatch_build.is_fresh(root)
    assert not (root / "node_modules").exists()


def test_a_changed_source_is_noticed(distributions, tmp_path):
    root = unpacked(distributions[1], tmp_path)
    (root / "widget/loader/loader.ts").write_text("// another one")
    assert not hatch_build.is_fresh(root)


def test_what_is_compiled_on_request_are_modules_of_the_router():
    assert [] == [name for name in hatch_build.COMPILED if not (ROOT / "router" / f"{name}.py").is_file()]
    assert len(set(hatch_build.COMPILED)) == len(hatch_build.COMPILED)


@pytest.mark.parametrize(
    ("case", "asked"),
    [
        (("wheel", "", True, "get_requires_for_build_wheel"), True),
        (("wheel", "", False, "get_requires_for_build_wheel"), False),
        (("wheel", "1", False, "get_requires_for_build_wheel"), True),
        (("wheel", "0", True, "get_requires_for_build_wheel"), False),
        (("wheel", "1", True, "get_requires_for_build_editable"), False),
        (("sdist", "1", True, "get_requires_for_build_sdist"), False),
    ],
)
def test_what_compiles_is_fetched_where_it_can_compile(monkeypatch, tmp_path, case, asked):
    target, wish, compiler, wanted_of_us = case
    monkeypatch.setenv("FRONTDESK_COMPILE", wish)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if compiler else None)
    monkeypatch.setattr(sys, "argv", ["_in_process.py", wanted_of_us])
    nothing: Any = None
    hook = hatch_build.PagesHook(str(ROOT), {}, nothing, nothing, str(tmp_path), target)
    assert (set(hatch_build.COMPILER) <= set(hook.dependencies())) is asked


def test_what_cannot_be_compiled_stays_as_it_is_unless_it_must(monkeypatch, tmp_path, capsys):
    def fails(_root, _into):
        raise hatch_build.CompilerError("the compiler fell over")

    monkeypatch.setattr(hatch_build, "compile_router", fails)
    monkeypatch.setattr(hatch_build, "build_pages", lambda _root: None)
    monkeypatch.setattr(hatch_build, "what_is_missing", lambda: None)
    nothing: Any = None
    hook = hatch_build.PagesHook(str(ROOT), {}, nothing, nothing, str(tmp_path), "wheel")
    monkeypatch.setenv("FRONTDESK_COMPILE", "")
    data: dict[str, Any] = {"force_include": {}}
    hook.initialize("standard", data)
    assert data == {"force_include": {}}
    assert "stays as it is, in Python: the compiler fell over" in capsys.readouterr().err
    monkeypatch.setenv("FRONTDESK_COMPILE", "1")
    hook.initialize("editable", data)
    with pytest.raises(hatch_build.CompilerError):
        hook.initialize("standard", data)


def test_the_lock_file_names_no_host():
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert [] == [name for name, package in lock["packages"].items() if "resolved" in package]


def test_no_dependency_of_the_pages_wants_to_run_at_installation():
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    needed = {name for name, package in lock["packages"].items() if package.get("hasInstallScript")}
    # fsevents is for macOS only and optional.
    assert set() == needed - {"node_modules/fsevents"}
