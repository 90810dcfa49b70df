"""Dates in UTC."""

import datetime

__all__ = [
    "append_milliseconds_to_time",
    "get_datetime_utc_now",
    "add_utc_tz",
    "convert_to_utc",
    "parse",
]

UTC = datetime.timezone.utc


def get_datetime_utc_now():
    return datetime.datetime.now(UTC)


def add_utc_tz(dt):
    if dt.tzinfo is not None and dt.tzinfo.utcoffset(dt) is not None:
        raise ValueError("datetime already contains a non UTC timezone")
    return dt.replace(tzinfo=UTC)


def convert_to_utc(dt):
    return dt.replace(tzinfo=UTC) if dt.tzinfo is None else dt.astimezone(UTC)


def append_milliseconds_to_time(date, millis):
    return date + datetime.timedelta(milliseconds=millis)


def parse(value):
    return convert_to_utc(datetime.datetime.fromisoformat(value.replace("Z", "+00:00")))
