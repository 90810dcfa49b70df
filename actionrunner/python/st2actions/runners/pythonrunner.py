"""The older place of the class that Python actions derive from."""

from st2common.runners.base_action import Action

__all__ = ["Action"]
