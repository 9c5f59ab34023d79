from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.settings.dump import dump, literal
from server.settings.parse import parse
from server.settings.workspace import Agent, Department, Member, RingWave, Workspace, WorkspaceFile
from tests.settings.generated import files, law

EXAMPLE = Path(__file__).with_name("workspace.toml").read_text(encoding="utf-8")


@law
@given(files())
def test_what_was_dumped_parses_to_the_same(file):
    assert parse(dump(file)) == file


def test_the_documented_example_comes_back():
    file = parse(EXAMPLE)
    assert parse(dump(file)) == file


def test_dumping_twice_gives_the_same_text():
    text = dump(parse(EXAMPLE))
    assert dump(parse(text)) == text


def test_a_file_reads_like_the_documented_one():
    file = WorkspaceFile(
        workspace=Workspace(key="w", name="W"),
        departments=(Department(key="sales", method="ring_all", ring_waves=(RingWave(0, 1), RingWave(15, 0))),),
        agents=(
            Agent(
                key="ada",
                name="Ada",
                email="ada@w.example",
                skills={"danish": 8, "C++": 2},
                members=(Member(department="sales"),),
            ),
        ),
    )
    assert dump(file) == (
        "[workspace]\n"
        'key = "w"\n'
        'name = "W"\n'
        "\n"
        "[[department]]\n"
        'key = "sales"\n'
        'name = "sales"\n'
        'method = "ring_all"\n'
        "ring_waves = [[0, 1], [15, 0]]\n"
        "\n"
        "[[agent]]\n"
        'key = "ada"\n'
        'name = "Ada"\n'
        'email = "ada@w.example"\n'
        'skills = { danish = 8, "C++" = 2 }\n'
        "\n"
        "  [[agent.member]]\n"
        '  department = "sales"\n'
    )


@given(st.text())
def test_every_text_can_be_written(text):
    assert tomllib.loads(f"x = {literal(text)}") == {"x": text}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (0.8, "0.8"),
        ({}, "{}"),
        ({"a b": [1, 2]}, '{ "a b" = [1, 2] }'),
        ('say "hi"', "'say \"hi\"'"),
        ('it\'s "both"', '"it\'s \\"both\\""'),
        ("\x7f", '"\\u007f"'),
    ],
)
def test_a_value_is_written_on_one_line(value, written):
    assert literal(value) == written
