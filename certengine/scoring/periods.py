"""Periods of months on the calendar, for validity of certificates, carried parts and retakes."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta


def months_later(day: date, months: int) -> date:
    """The same day some months later, or earlier for a negative number; the 31st falls on a shorter month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day(start: date, months: int) -> date:
    """The last day of so many months that begin on a day: the day before its anniversary.

    Where the anniversary falls on a shorter month's last day, so does the day before it: a year from 29 February ends
    on 27 February.
    """
    return months_later(start, months) - timedelta(days=1)
