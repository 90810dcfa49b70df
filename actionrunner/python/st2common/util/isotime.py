"""Times as text: 2026-01-31T10:20:30.000000Z."""

import datetime

from st2common.util import date as date_utils

__all__ = ["format", "parse", "validate"]


def format(dt, usec=True, offset=False):
    if isinstance(dt, (int, float)):
        dt = datetime.datetime.fromtimestamp(dt, date_utils.UTC)
    dt = date_utils.convert_to_utc(dt)
    text = dt.strftime("%Y-%m-%dT%H:%M:%S.%f" if usec else "%Y-%m-%dT%H:%M:%S")
    return text + ("+00:00" if offset else "Z")


def parse(value):
    return date_utils.parse(value)


def validate(value, raise_exception=True):
    try:
        return isinstance(value, datetime.datetime) or bool(parse(value))
    except ValueError:
        if raise_exception:
            raise
        return False
