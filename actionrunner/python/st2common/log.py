"""Loggers as packs expect them: the standard ones with an AUDIT level."""

import logging

CRITICAL = logging.CRITICAL
ERROR = logging.ERROR
WARNING = logging.WARNING
INFO = logging.INFO
DEBUG = logging.DEBUG
AUDIT = CRITICAL + 10

logging.addLevelName(AUDIT, "AUDIT")


def _audit(self, message, *args, **kwargs):
    if self.isEnabledFor(AUDIT):
        self._log(AUDIT, message, args, **kwargs)


if not hasattr(logging.Logger, "audit"):
    logging.Logger.audit = _audit


def getLogger(name):  # noqa: N802 (the name that packs call)
    return logging.getLogger(name)
