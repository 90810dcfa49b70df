"""
Runs one Python action in this process: loads its class, calls ``run``, and replies with the outcome.

The request comes as one line of JSON over a channel of its own and the reply goes back over it, so nothing that the action
prints can be taken for a result. Source of the rules: StackStorm's python_action_wrapper.
"""

import importlib.machinery
import importlib.util
import inspect
import json
import math
import os
import re
import sys
import traceback
import types

from st2common.runners.base_action import Action
from st2common.runners.utils import get_action_class_instance, get_logger_for_python_runner_action

INVALID_STATUS_EXIT_CODE = 220
CONTROL_FD = 3
MAX_SAFE_INTEGER = 2**53 - 1
_FOLDER_PACKAGE = "action_folder"


class ActionService:
    """What ``self.action_service`` offers to an action."""

    def __init__(self, action_wrapper):
        self._action_wrapper = action_wrapper
        self._datastore_service = None

    @property
    def datastore_service(self):
        if self._datastore_service is None:
            from st2common.services.datastore import ActionDatastoreService

            wrapper = self._action_wrapper
            self._datastore_service = ActionDatastoreService(
                logger=get_logger_for_python_runner_action(wrapper._class_name, wrapper._log_level),
                pack_name=wrapper._pack,
                class_name=wrapper._class_name,
                auth_token=os.environ.get("ST2_ACTION_AUTH_TOKEN"),
            )
        return self._datastore_service

    def get_user_info(self):
        return self.datastore_service.get_user_info()

    def list_values(self, local=True, prefix=None):
        return self.datastore_service.list_values(local=local, prefix=prefix)

    def get_value(self, name, local=True, scope="system", decrypt=False):
        return self.datastore_service.get_value(name=name, local=local, scope=scope, decrypt=decrypt)

    def set_value(self, name, value, ttl=None, local=True, scope="system", encrypt=False):
        return self.datastore_service.set_value(
            name=name, value=value, ttl=ttl, local=local, scope=scope, encrypt=encrypt
        )

    def delete_value(self, name, local=True, scope="system"):
        return self.datastore_service.delete_value(name=name, local=local, scope=scope)


class _Wrapper:
    """Holds what the action's base class looks for."""

    def __init__(self, request):
        self._pack = request["pack"]
        self._file_path = request["file_path"]
        self._config = request.get("config") or {}
        self._parameters = request.get("parameters") or {}
        self._user = request.get("user")
        self._log_level = request.get("log_level") or "DEBUG"
        self._class_name = None


def load_module(file_path):
    """Loads a file as a module named after it; its folder can be imported from."""
    folder = os.path.dirname(os.path.realpath(file_path))
    if folder not in sys.path:
        sys.path.append(folder)
    name = os.path.splitext(os.path.basename(file_path))[0]
    loader = importlib.machinery.SourceFileLoader(name, file_path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, file_path, loader=loader))
    # `from .other import x` finds the files beside it, though the file is in no package.
    package = types.ModuleType(_FOLDER_PACKAGE)
    package.__path__ = [folder]
    sys.modules[_FOLDER_PACKAGE] = package
    module.__package__ = _FOLDER_PACKAGE
    sys.modules[name] = module
    loader.exec_module(module)
    return module


def find_action_class(module):
    """The first class of the module itself, by name, that has a ``run`` of its own or inherited."""
    for _, member in inspect.getmembers(module, inspect.isclass):
        if member.__module__ != module.__name__:
            continue
        run = getattr(member, "run", None)
        if callable(run) and not getattr(run, "__isabstractmethod__", False):
            Action.register(member)
            return member
    return None


def load_action_class(file_path):
    try:
        module = load_module(file_path)
    except Exception as error:
        raise RuntimeError(
            'The action file "%s" could not be loaded (it does not exist, or is no valid Python): %s\n\n%s'
            % (file_path, error, traceback.format_exc())
        ) from None
    action_class = find_action_class(module)
    if action_class is None:
        raise RuntimeError('Found no classes in file "%s" that have a run method.' % file_path)
    return action_class


def to_plain(value):
    """What JSON or a double cannot hold becomes text: NaN, infinities, integers beyond 2**53."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    return value


def may_need_plain(text):
    """Whether a JSON text may hold what ``to_plain`` changes. Sixteen digits in a row have one at each sixteenth place: few texts are searched."""
    if "NaN" in text or "Infinity" in text:
        return True
    return re.search("[0-9]", text[15::16]) is not None and re.search("[0-9]{16}", text) is not None


def to_json(value):
    text = json.dumps(value)
    return json.dumps(to_plain(value)) if may_need_plain(text) else text


def to_reply(output):
    """The reply's text for what ``run`` returned; ``None`` for a status that is neither true nor false."""
    status, result = output if isinstance(output, tuple) and len(output) == 2 else (None, output)
    if status is not None and not isinstance(status, bool):
        return None
    try:
        text = to_json(result)
    except Exception:
        # Not serialisable: StackStorm shows str() of a result with a status, and repr() of one without.
        text = json.dumps(repr(result) if status is None else str(result))
    return '{"status": %s, "result": %s}\n' % (json.dumps(status), text)


def run_action(request, reply):
    """Runs the action of a request; ``reply`` is called with the outcome. Exceptions of the action are the caller's."""
    wrapper = _Wrapper(request)
    action_class = load_action_class(wrapper._file_path)
    wrapper._class_name = action_class.__name__
    instance = get_action_class_instance(action_class, wrapper._config, ActionService(wrapper))
    output = instance.run(**wrapper._parameters)
    text = to_reply(output)
    if text is None:
        sys.stderr.write(
            "Status returned from the action run() method must either be True or False, got: %s\n"
            "An action that returns a tuple of two items must return a list instead, or (True, (item1, item2)).\n"
            % (output[0],)
        )
        sys.exit(INVALID_STATUS_EXIT_CODE)
    reply(text)


def main():
    os.set_inheritable(CONTROL_FD, False)
    with open(CONTROL_FD, "r", encoding="utf-8", newline="\n", closefd=False) as channel:
        request = json.loads(channel.readline())
    for path in reversed(request.get("path") or []):
        sys.path.insert(0, path)

    def reply(text):
        with open(CONTROL_FD, "w", encoding="utf-8", closefd=False) as answer:
            answer.write(text)

    run_action(request, reply)


if __name__ == "__main__":
    # The folder of this file was needed to import from, and must not be where an action's imports are looked for first.
    sys.path.append(sys.path.pop(0))
    main()
