"""Green threads, for what asks for them; actions and sensors run without."""

__all__ = ["is_use_debugger_flag_provided", "monkey_patch", "use_select_poll_workaround"]


def monkey_patch(patch_thread=None):
    """Does nothing: an action has a process of its own, and real threads serve it as well."""


def use_select_poll_workaround(nose_only=True):
    """Does nothing, as nothing is patched."""


def is_use_debugger_flag_provided():
    return False
