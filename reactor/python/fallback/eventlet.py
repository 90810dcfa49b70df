"""
What sensors use of eventlet, for virtualenvs that do not have it: StackStorm's own environment always did.
Found last on the search path, so the real package wins. Threads take the place of green threads.
"""

import threading
import time

__all__ = ["monkey_patch", "sleep", "spawn", "spawn_n"]


def monkey_patch(*_args, **_kwargs):
    """Nothing to replace: threads block only themselves."""


def sleep(seconds=0):
    time.sleep(seconds)


def spawn(function, *args, **kwargs):
    thread = threading.Thread(target=function, args=args, kwargs=kwargs, daemon=True)
    thread.start()
    return thread


def spawn_n(function, *args, **kwargs):
    spawn(function, *args, **kwargs)
