"""The class that Python actions derive from."""

import abc

from st2common.runners.utils import PackConfigDict, get_logger_for_python_runner_action

__all__ = ["Action"]


class Action(metaclass=abc.ABCMeta):
    """
    An action: ``run`` gets the parameters by name and returns the result, or ``(succeeded, result)``.

    ``self.config`` is the pack's configuration, ``self.logger`` writes to the execution's standard error,
    ``self.action_service`` reaches the datastore.
    """

    description = None

    def __init__(self, config=None, action_service=None):
        wrapper = getattr(action_service, "_action_wrapper", None)
        self.action_service = action_service
        self.config = PackConfigDict(getattr(wrapper, "_pack", "unknown"), config or {})
        self.logger = get_logger_for_python_runner_action(
            action_name=self.__class__.__name__, log_level=getattr(wrapper, "_log_level", "debug")
        )

    @abc.abstractmethod
    def run(self, **kwargs):
        """Does the work."""
