"""
The part of StackStorm's client library that actions use. Where the real one is installed, in the pack's virtualenv,
that is what gets imported: this package then only hands over.
"""

import os
import sys

_OWN = os.path.dirname(os.path.abspath(__file__))


def _find_real():
    for folder in sys.path:
        candidate = os.path.join(os.path.abspath(folder or "."), "st2client")
        if candidate != _OWN and os.path.isfile(os.path.join(candidate, "client.py")):
            return candidate
    return None


_real = _find_real()
if _real is not None:
    __path__ = [_real]
    with open(os.path.join(_real, "__init__.py"), encoding="utf-8") as _source:
        exec(compile(_source.read(), os.path.join(_real, "__init__.py"), "exec"))
else:
    __version__ = "3.9.0"
