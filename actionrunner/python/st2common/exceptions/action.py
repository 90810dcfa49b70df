from st2common.exceptions import StackStormBaseException

__all__ = ["InvalidActionParameterException", "ParameterRenderingFailedException"]


class ParameterRenderingFailedException(StackStormBaseException):
    """A parameter's template cannot be rendered."""


class InvalidActionParameterException(StackStormBaseException):
    """A parameter has a value that the action cannot take."""
