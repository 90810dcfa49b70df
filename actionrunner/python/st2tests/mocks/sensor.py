"""The services of a sensor without a system behind them."""

from unittest.mock import Mock

from st2tests.mocks.action import MockActionService

__all__ = ["MockSensorService", "MockSensorWrapper"]


class MockSensorWrapper:
    def __init__(self, pack, class_name):
        self._pack = pack
        self._class_name = class_name


class MockSensorService(MockActionService):
    """``sensor_service`` that keeps what is dispatched in ``dispatched_triggers``; its loggers are mocks."""

    def __init__(self, sensor_wrapper):
        super().__init__(sensor_wrapper)
        self._sensor_wrapper = sensor_wrapper
        self._logger = Mock()
        self.dispatched_triggers = []

    @property
    def config(self):
        return getattr(self._sensor_wrapper, "_config", {})

    def dispatch(self, trigger, payload=None, trace_tag=None):
        trace_context = {"trace_tag": trace_tag} if trace_tag else None
        return self.dispatch_with_context(trigger=trigger, payload=payload, trace_context=trace_context)

    def dispatch_with_context(self, trigger, payload=None, trace_context=None):
        self.dispatched_triggers.append({"trigger": trigger, "payload": payload, "trace_context": trace_context})
