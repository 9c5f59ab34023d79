from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.settings.change import changes, merge
from server.settings.dump import dump
from server.settings.parse import parse
from server.settings.plan import plan
from server.settings.problem import SettingsError
from tests.settings.generated import files, law

EXAMPLE = Path(__file__).with_name("workspace.toml").read_text(encoding="utf-8")
HEAD = '[workspace]\nkey = "demo"\ndefault_department = "support"\n'


def test_an_export_put_back_changes_nothing():
    whole = plan(EXAMPLE, current=None).workspace
    again = plan(dump(whole), current=whole)
    assert (again.workspace, again.changes) == (whole, ())


@law
@given(files(), st.booleans())
def test_the_export_of_any_workspace_put_back_changes_nothing(file, prune):
    whole = merge(None, file)
    again = merge(whole, parse(dump(whole)), prune=prune)
    assert (again, changes(whole, again)) == (whole, ())


def test_what_is_changed_is_told():
    whole = plan(EXAMPLE, current=None).workspace
    changed = plan(EXAMPLE.replace("max_slots = 3", "max_slots = 4"), current=whole)
    assert [change.describe() for change in changed.changes] == ['~ agent "ada": max_slots 3 -> 4']


def test_a_file_of_one_record_is_for_the_workspace_there_is():
    whole = plan(EXAMPLE, current=None).workspace
    one = plan('[[department]]\nkey = "support"\nmethod = "random"\n', current=whole)
    assert one.workspace.workspace == whole.workspace
    assert [each.key for each in one.workspace.agents] == [each.key for each in whole.agents]
    assert any("method" in change.describe() for change in one.changes)
    with pytest.raises(SettingsError, match="workspace is missing"):
        plan('[[department]]\nkey = "support"\n', current=None)


def test_what_does_not_fit_has_its_line():
    with pytest.raises(SettingsError) as caught:
        plan(EXAMPLE.replace("overflow = []", 'overflow = ["billing"]'), current=None)
    assert str(caught.value) == 'line 34: department "support": department "billing" does not exist'
    assert (caught.value.line, caught.value.key) == (34, "overflow")


def test_lines_are_those_of_the_file_wherever_the_record_stands():
    current = plan(EXAMPLE, current=None).workspace
    file = (
        HEAD + '[[department]]\nkey = "sales"\n[[department]]\nkey = "support"\nhours = [\n'
        '  "mon 08:00-18:00",\n  "mon 09:00-10:00",\n]\n'
    )
    with pytest.raises(SettingsError) as caught:
        plan(file, current=current)
    assert str(caught.value) == (
        'line 8: department "support": hours: "mon 08:00-18:00" and "mon 09:00-10:00" overlap on mon'
    )


def test_a_key_used_twice_has_the_line_of_the_second():
    with pytest.raises(SettingsError) as caught:
        plan(HEAD + '[[department]]\nkey = "support"\n[[department]]\nkey = "support"\n', current=None)
    assert str(caught.value) == 'line 7: department "support": the key is used twice'


def test_pruning_away_what_others_need_is_refused():
    current = plan(EXAMPLE, current=None).workspace
    with pytest.raises(SettingsError) as caught:
        plan(HEAD + '[[site]]\nkey = "demo"\ndepartments = ["sales"]\n', current=current, prune=True)
    assert [problem.line for problem in caught.value.problems] == [3, 6]
    assert str(caught.value) == 'line 3: workspace: department "support" does not exist (and 1 more problem)'


def test_a_record_that_is_not_in_the_file_has_no_line():
    with_ben = HEAD + '[[department]]\nkey = "support"\n[[agent]]\nkey = "ben"\nemail = "ben@demo.example"\n'
    current = plan(with_ben + 'member = [{ department = "support" }]\n', current=None)
    with pytest.raises(SettingsError) as caught:
        plan(
            HEAD.replace("support", "sales") + '[[department]]\nkey = "sales"\noverflow = ["none"]\n',
            current=msgspec.structs.replace(current.workspace, departments=()),
        )
    assert [problem.line for problem in caught.value.problems] == [6, 0]
    assert str(caught.value) == ('line 6: department "sales": department "none" does not exist (and 1 more problem)')
    assert caught.value.problems[1].describe() == ('agent "ben", member "support": department "support" does not exist')


def test_any_origin_is_for_those_who_ask():
    text = EXAMPLE.replace('"http://127.0.0.1:8080"', '"*"')
    assert plan(text, current=None, any_origin=True).workspace.sites[0].origins == ("*",)
    with pytest.raises(SettingsError) as caught:
        plan(text, current=None)
    assert str(caught.value).startswith('line 15: site "demo": origin "*"')


def test_a_rule_that_does_not_compile_is_found_by_line_and_column():
    with pytest.raises(SettingsError) as caught:
        plan(EXAMPLE.replace("page.path.startsWith", "page.path.startWith"), current=None)
    line = EXAMPLE[: EXAMPLE.index("when = 'page.path")].count("\n") + 1
    assert str(caught.value) == (
        f'line {line}: rule "pricing pages": when: unknown function "startWith" at column 11, '
        'did you mean "startsWith"?'
    )


def test_everything_wrong_with_the_rules_is_told_at_once():
    with pytest.raises(SettingsError) as caught:
        plan(
            HEAD
            + '[[department]]\nkey = "support"\n'
            + '[[rule]]\nname = "one"\nwhen = "tru"\n[[rule]]\nname = "two"\nwhen = "text"\ndepartment = "suport"\n',
            current=None,
        )
    assert [(problem.line, problem.describe()) for problem in caught.value.problems] == [
        (8, 'rule "one": when: unknown variable "tru" at column 1, did you mean "true"?'),
        (11, 'rule "two": when: the condition must be true or false, not a text at column 1'),
        (12, 'rule "two": department "suport" does not exist, did you mean "support"?'),
    ]
