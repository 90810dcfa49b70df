"""The logger and the configuration that an action sees."""

import logging
import os

from st2common import log

_FORMAT = "%(name)-12s: %(levelname)-8s %(message)s"
_loggers = {}


class PackConfigDict(dict):
    """A pack's configuration. A missing key is explained, because the user is the one who can add it."""

    def __init__(self, pack_name, *args):
        super().__init__(*args)
        self._pack_name = pack_name

    def __getitem__(self, key):
        try:
            return super().__getitem__(key)
        except KeyError:
            file = os.path.join(os.environ.get("ST2_CONFIGS_PATH", "configs"), self._pack_name + ".yaml")
            raise ValueError(
                'Config for pack "%s" is missing key "%s". Add it to %s and run '
                '"st2ctl reload --register-configs".' % (self._pack_name, key, file)
            )


def get_logger_for_python_runner_action(action_name, log_level="debug"):
    """A logger that writes to standard error from the given level on."""
    name = "actions.python.%s" % action_name
    if name not in _loggers:
        level = getattr(log, str(log_level).upper(), logging.DEBUG)
        handler = logging.StreamHandler()
        handler.setLevel(level)
        handler.setFormatter(logging.Formatter(_FORMAT))
        logger = log.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(level)
        _loggers[name] = logger
    return _loggers[name]


def get_action_class_instance(action_cls, config=None, action_service=None):
    """An instance of an action's class; old classes whose constructor takes no service get it afterwards."""
    try:
        return action_cls(config=config, action_service=action_service)
    except TypeError as error:
        if "unexpected keyword argument 'action_service'" not in str(error):
            raise
    instance = action_cls(config=config)
    instance.action_service = action_service
    return instance
