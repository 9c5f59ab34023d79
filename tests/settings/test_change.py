from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from server.settings.change import Change, changes, merge
from server.settings.problem import SettingsError
from server.settings.workspace import Agent, Department, Member, Rule, Site, Workspace, WorkspaceFile
from tests.settings.generated import files, law

BASE = WorkspaceFile(
    workspace=Workspace(key="w", default_department="support"),
    sites=(Site(key="shop"),),
    departments=(Department(key="support", ring_seconds=20), Department(key="sales")),
    agents=(Agent(key="ada", email="ada@w.example", members=(Member(department="support"),)),),
    rules=tuple(Rule(name=name, when="true") for name in "abc"),
)


def with_key(file: WorkspaceFile, key: str) -> WorkspaceFile:
    return msgspec.structs.replace(file, workspace=msgspec.structs.replace(file.workspace, key=key))


def file_of(*, workspace: Workspace = BASE.workspace, **records: tuple[object, ...]) -> WorkspaceFile:
    return WorkspaceFile(workspace=workspace, **records)  # type: ignore[arg-type]


def rules(names: str) -> tuple[Rule, ...]:
    return tuple(Rule(name=name, when="true") for name in names)


def lines(old: WorkspaceFile | None, new: WorkspaceFile) -> list[str]:
    return [change.describe() for change in changes(old, new)]


def test_what_the_file_does_not_name_stays():
    file = file_of(departments=(Department(key="sales", method="ring_all"), Department(key="third")))
    whole = merge(BASE, file)
    assert [department.key for department in whole.departments] == ["support", "sales", "third"]
    assert whole.departments[0].ring_seconds == 20
    assert (whole.sites, whole.agents, whole.rules) == (BASE.sites, BASE.agents, BASE.rules)


def test_a_named_record_goes_back_to_defaults_where_the_file_is_silent():
    whole = merge(BASE, file_of(departments=(Department(key="support"),)))
    assert whole.departments[0] == Department(key="support", ring_seconds=30)


def test_pruning_leaves_only_what_the_file_names():
    file = file_of(departments=(Department(key="support"),), rules=rules("c"))
    assert merge(BASE, file, prune=True) == file


@pytest.mark.parametrize(
    ("named", "result"),
    [("", "abc"), ("ca", "cba"), ("cba", "cba"), ("d", "abcd"), ("axbc", "axbc"), ("axc", "abxc")],
)
def test_rules_come_in_the_order_of_the_file(named, result):
    whole = merge(BASE, file_of(rules=rules(named)))
    assert "".join(rule.name for rule in whole.rules) == result


def test_rules_that_were_twins_become_one():
    current = msgspec.structs.replace(BASE, rules=rules("aab"))
    assert merge(current, file_of(rules=rules("a"))).rules == rules("ab")


def test_without_a_default_department_the_first_there_is_serves():
    silent = Workspace(key="w")
    assert merge(None, file_of(workspace=silent)).workspace.default_department == ""
    assert merge(BASE, file_of(workspace=silent)).workspace.default_department == "support"
    third = file_of(workspace=silent, departments=(Department(key="third"),))
    assert merge(None, third).workspace.default_department == "third"


def test_records_of_one_key_both_remain_to_be_refused():
    twins = (Department(key="support", wrap_up=1), Department(key="support", wrap_up=2))
    whole = merge(BASE, file_of(departments=twins))
    assert [(one.key, one.wrap_up) for one in whole.departments] == [("support", 1), ("sales", 0), ("support", 2)]


def test_a_file_for_another_workspace_is_refused():
    with pytest.raises(SettingsError) as caught:
        merge(BASE, file_of(workspace=Workspace(key="other")))
    assert str(caught.value) == 'the file is for workspace "other", and this is "w"'


@law
@given(files(), files())
def test_applying_a_file_again_changes_nothing(current, file):
    file = with_key(file, current.workspace.key)
    whole = merge(current, file)
    assert merge(whole, file) == whole
    assert merge(merge(current, file, prune=True), file, prune=True) == merge(current, file, prune=True)


@law
@given(files())
def test_a_workspace_differs_in_nothing_from_itself(file):
    assert changes(file, file) == ()


def test_a_new_workspace_is_all_added():
    assert lines(None, BASE) == [
        '+ workspace "w"',
        '+ site "shop"',
        '+ department "support"',
        '+ department "sales"',
        '+ agent "ada"',
        '+ rule "a"',
        '+ rule "b"',
        '+ rule "c"',
    ]


def test_changes_read_like_a_list():
    new = WorkspaceFile(
        workspace=Workspace(key="w", default_department="support", grace_seconds=30),
        departments=(
            Department(key="support", overflow=("third",), ring_seconds=20),
            Department(key="third"),
        ),
        agents=(
            Agent(
                key="ada",
                email="ada@w.example",
                members=(Member(department="support", priority=1), Member(department="third")),
            ),
        ),
        rules=(Rule(name="c", when="true", head_start=5), *rules("ab")),
    )
    assert lines(BASE, new) == [
        "~ workspace: grace_seconds 20 -> 30",
        '- site "shop"',
        '- department "sales"',
        '~ department "support": overflow [] -> ["third"]',
        '+ department "third"',
        '~ agent "ada", member "support": priority 50 -> 1',
        '+ agent "ada", member "third"',
        '~ rule "c": head_start nothing -> 5',
        '~ rules: order ["a", "b", "c"] -> ["c", "a", "b"]',
    ]


def test_a_change_carries_plain_values():
    new = msgspec.structs.replace(BASE, departments=BASE.departments[:1])
    assert changes(BASE, new) == (
        Change("removed", 'department "sales"', "", msgspec.to_builtins(BASE.departments[1]), None),
    )


def test_members_lost_and_reordered_are_told():
    first, second = Member(department="support"), Member(department="sales")

    def ada(*members: Member) -> WorkspaceFile:
        return msgspec.structs.replace(BASE, agents=(Agent(key="ada", email="ada@w.example", members=members),))

    assert lines(ada(first, second), ada(second)) == ['- agent "ada", member "support"']
    assert lines(ada(first, second), ada(second, first)) == [
        '~ agent "ada": order of members ["support", "sales"] -> ["sales", "support"]'
    ]


def test_long_values_are_cut():
    site = Site(key="shop", origins=tuple(f"https://shop{i}.example" for i in range(10)))
    (line,) = lines(BASE, msgspec.structs.replace(BASE, sites=(site,)))
    assert line == '~ site "shop": origins [] -> ["https://shop0.example", "https://shop1.example", "https...'
