"""Base classes of sensors."""

import abc
import time

__all__ = ["BaseSensor", "PollingSensor", "Sensor"]


class BaseSensor(abc.ABC):
    """What sensors have in common. The names with an underscore are those that older packs use."""

    def __init__(self, sensor_service, config=None):
        self._sensor_service = sensor_service
        self.sensor_service = sensor_service
        self._config = config or {}
        self.config = self._config

    @abc.abstractmethod
    def setup(self):
        """Runs once, before everything else."""

    @abc.abstractmethod
    def run(self):
        """Runs until the sensor ends."""

    @abc.abstractmethod
    def cleanup(self):
        """Runs when the sensor is stopped."""

    @abc.abstractmethod
    def add_trigger(self, trigger):
        """A trigger of one of the sensor's types exists."""

    @abc.abstractmethod
    def update_trigger(self, trigger):
        """A trigger changed."""

    @abc.abstractmethod
    def remove_trigger(self, trigger):
        """A trigger is gone."""


class Sensor(BaseSensor):
    """A sensor that waits for events by itself."""

    @abc.abstractmethod
    def run(self):
        """Runs until the sensor ends."""


class PollingSensor(BaseSensor):
    """A sensor that asks again and again."""

    def __init__(self, sensor_service, config=None, poll_interval=5):
        super().__init__(sensor_service=sensor_service, config=config)
        self._poll_interval = poll_interval

    @abc.abstractmethod
    def poll(self):
        """Asks once."""

    def run(self):
        while True:
            self.poll()
            time.sleep(self._poll_interval)

    def get_poll_interval(self):
        """Seconds between two polls."""
        return self._poll_interval

    def set_poll_interval(self, poll_interval):
        self._poll_interval = poll_interval
