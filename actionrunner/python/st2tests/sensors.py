"""Tests of sensors."""

from st2tests.mocks.sensor import MockSensorService, MockSensorWrapper
from st2tests.pack_resource import BasePackResourceTestCase

__all__ = ["BaseSensorTestCase"]


class BaseSensorTestCase(BasePackResourceTestCase):
    """``sensor_cls`` is the class under test; what it dispatches is kept."""

    sensor_cls = None

    def setUp(self):
        super().setUp()
        wrapper = MockSensorWrapper(pack="tests", class_name=self.sensor_cls.__name__)
        self.sensor_service = MockSensorService(sensor_wrapper=wrapper)

    def get_sensor_instance(self, config=None, poll_interval=None):
        given = {"sensor_service": self.sensor_service}
        if config:
            given["config"] = config
        if poll_interval is not None:
            given["poll_interval"] = poll_interval
        return self.sensor_cls(**given)

    def get_dispatched_triggers(self):
        return self.sensor_service.dispatched_triggers

    def get_last_dispatched_trigger(self):
        return self.sensor_service.dispatched_triggers[-1]

    def assertTriggerDispatched(self, trigger, payload=None, trace_context=None):  # noqa: N802 (the name that tests call)
        """Fails unless the trigger was dispatched, with this payload and trace context where they are given."""
        expected = {"trigger": trigger, "payload": payload, "trace_context": trace_context}
        wanted = {key: value for key, value in expected.items() if value}
        for item in self.get_dispatched_triggers():
            if all(item[key] == value for key, value in wanted.items()):
                return True
        raise AssertionError('Trigger "%s" hasn\'t been dispatched' % trigger)
