from __future__ import annotations

import re
from datetime import date

import pytest

from server.settings.hours import DateSpan, Opening, parse_days, parse_hours


def test_hours_become_openings_in_the_order_of_the_week():
    assert parse_hours(["sat 10:00-14:00", "mon-wed 08:00-18:30"]) == (
        Opening(0, 480, 1110),
        Opening(1, 480, 1110),
        Opening(2, 480, 1110),
        Opening(5, 600, 840),
    )


@pytest.mark.parametrize(
    ("line", "openings"),
    [
        ("sun 00:00-24:00", (Opening(6, 0, 1440),)),
        ("mon,thu 09:00-10:00", (Opening(0, 540, 600), Opening(3, 540, 600))),
        ("sun-mon 09:00-10:00", (Opening(0, 540, 600), Opening(6, 540, 600))),
        ("mon 09:00-12:00,12:00-17:00", (Opening(0, 540, 720), Opening(0, 720, 1020))),
        ("mon 09:00-12:00, 13:00-17:00", (Opening(0, 540, 720), Opening(0, 780, 1020))),
        ("fri 22:00-02:00", (Opening(4, 1320, 1440), Opening(5, 0, 120))),
        ("sun 22:00-24:00", (Opening(6, 1320, 1440),)),
        ("sun 22:00-00:00", (Opening(6, 1320, 1440),)),
        ("sun 23:59-00:01", (Opening(0, 0, 1), Opening(6, 1439, 1440))),
    ],
)
def test_the_grammar_of_hours(line, openings):
    assert parse_hours([line]) == openings


def test_a_whole_week_has_seven_days():
    assert {opening.weekday for opening in parse_hours(["tue-mon 00:00-24:00"])} == set(range(7))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["always"], '"always" is not of the form "mon-fri 08:00-18:00"'),
        (
            ["mo 08:00-18:00"],
            '"mo" in "mo 08:00-18:00" is no day; days are mon tue wed thu fri sat sun',
        ),
        (
            ["mon-fry 08:00-18:00"],
            '"fry" in "mon-fry 08:00-18:00" is no day; days are mon tue wed thu fri sat sun',
        ),
        (["mon 8:00-18:00"], '"8:00" in "mon 8:00-18:00" is no time from 00:00 to 24:00'),
        (["mon 08:00-24:01"], '"24:01" in "mon 08:00-24:01" is no time from 00:00 to 24:00'),
        (["mon 08:00"], '"08:00" in "mon 08:00" is not of the form "08:00-18:00"'),
        (
            ["mon 08:00-08:00"],
            '"mon 08:00-08:00" is never open: hours end after they begin (a whole day is 00:00-24:00)',
        ),
        (
            ["mon 24:00-02:00"],
            '"mon 24:00-02:00" is never open: hours end after they begin (a whole day is 00:00-24:00)',
        ),
        (["fri 22:00-02:00", "sat 01:00-03:00"], '"fri 22:00-02:00" and "sat 01:00-03:00" overlap on sat'),
        (
            ["mon-fri 08:00-18:00", "wed 17:59-19:00"],
            '"mon-fri 08:00-18:00" and "wed 17:59-19:00" overlap on wed',
        ),
        (["mon,mon 08:00-18:00"], '"mon,mon 08:00-18:00" overlap on mon'),
    ],
)
def test_hours_are_refused(lines, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_hours(lines)


def test_days_are_single_or_from_to():
    assert parse_days(["2026-12-24/2026-12-26", "2026-01-01"]) == (
        DateSpan(date(2026, 1, 1), date(2026, 1, 1)),
        DateSpan(date(2026, 12, 24), date(2026, 12, 26)),
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["2026-02-30"], '"2026-02-30" is no date such as "2026-12-25" or "2026-12-01/2026-12-14"'),
        (["20261225"], '"20261225" is no date such as "2026-12-25" or "2026-12-01/2026-12-14"'),
        (
            ["2026-12-25/"],
            '"2026-12-25/" is no date such as "2026-12-25" or "2026-12-01/2026-12-14"',
        ),
        (["2026-12-25/2026-12-24"], '"2026-12-25/2026-12-24" ends before it begins'),
        (
            ["2026-12-20/2026-12-25", "2026-12-25"],
            '"2026-12-20/2026-12-25" and "2026-12-25" overlap',
        ),
    ],
)
def test_days_are_refused(lines, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        parse_days(lines)
