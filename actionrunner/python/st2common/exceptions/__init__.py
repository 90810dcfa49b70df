"""Exceptions that packs throw and catch."""


class StackStormBaseException(Exception):
    """The base of all."""


class StackStormPluginException(StackStormBaseException):
    """Something is wrong with a plugin."""
