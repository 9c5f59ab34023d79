"""Settings that cannot be are refused as a whole, with place and reason: by `frontdesk apply` and by the demo."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.blackbox.process import COMMAND, free_port, refused_start

HEAD = """[workspace]
key = "demo"
name = "Demo"
default_department = "support"
[[site]]
key = "demo"
origins = ["https://shop.example"]
departments = ["support", "sales"]
"""
SUPPORT = '[[department]]\nkey = "support"\n{}\n'
REST = '[[department]]\nkey = "sales"\noverflow = ["support"]\n[[agent]]\nkey = "ada"\nemail = "ada@x.example"\n'
RULE = '[[rule]]\nname = "r"\nwhen = {}\n'

# What stands in the department "support"; the line it is told at; words of the reason.
OF_THE_DEPARTMENT: dict[str, tuple[int, list[str]]] = {
    'overflow = ["sales"]': (11, ["circle", '"support" to "sales" to "support"']),
    'hours = ["mon-fri 18:00-18:00"]': (11, ["never open"]),
    "ring_second = -3": (11, ['unknown key "ring_second"', 'did you mean "ring_seconds"?']),
    '[[department.widen]]\nafter = 1\nadd_departments = ["sals"]': (13, ["widen 1", 'did you mean "sales"?']),
}
# A rule at the end of the file: its condition is at line 20.
OF_A_RULE: dict[str, tuple[int, list[str]]] = {
    "'page.path =='": (20, ["column 13"]),
    "'page.pth == \"x\"'": (20, ['unknown field "pth" of page at column 6', 'did you mean "path"?']),
    "'true'\ndepartment = \"suport\"": (21, ['"suport" does not exist', 'did you mean "support"?']),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("refused") / "data"
    init = [COMMAND, "init", "--name", "Demo", "--origin", "https://shop.example", "--email", "root@x.example"]
    init += ["--admin-name", "Root", "--password-stdin", "--data", str(data)]
    subprocess.run(init, input="correct horse\n", text=True, check=True, capture_output=True)
    return data


def exported(data: Path) -> str:
    command = [COMMAND, "export", "--data", str(data)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_all_that_is_wrong_is_told_with_its_line_and_nothing_changes(data: Path, tmp_path: Path) -> None:
    before = exported(data)
    wrong = [(HEAD + SUPPORT.format(what) + REST, told) for what, told in OF_THE_DEPARTMENT.items()]
    wrong += [(HEAD + SUPPORT.format("") + REST + RULE.format(what), told) for what, told in OF_A_RULE.items()]
    file = tmp_path / "workspace.toml"
    for text, (line, words) in wrong:
        file.write_text(text, encoding="utf-8")
        done = refused_start([COMMAND, "apply", str(file), "--yes", "--data", str(data)])
        assert done.returncode == 1, text
        assert f"line {line}:" in done.stderr, done.stderr
        assert all(word in done.stderr for word in words), done.stderr
        assert "Traceback" not in done.stderr
    assert exported(data) == before
    file.write_text(HEAD + SUPPORT.format("") + REST + RULE.format("'true'"), encoding="utf-8")
    assert refused_start([COMMAND, "apply", str(file), "--yes", "--data", str(data)]).returncode == 0
    assert exported(data) != before


def test_the_demo_refuses_such_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "workspace.toml"
    file.write_text(HEAD + SUPPORT.format('overflow = ["sales"]') + REST, encoding="utf-8")
    place = ["--port", str(free_port()), "--data", str(tmp_path / "d"), "--workspace", str(file)]
    command = [COMMAND, "demo", "--no-supervisor", *place]
    done = refused_start(command)
    assert done.returncode != 0
    assert "line 11" in done.stderr
    assert "circle" in done.stderr
    assert "Traceback" not in done.stderr
