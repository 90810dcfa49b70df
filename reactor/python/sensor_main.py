"""
Runs one sensor in this process. What it needs to know comes as one line of JSON over a channel of its own (file descriptor 4),
followed by one line for each trigger that comes or goes; its triggers go out over descriptor 3, and each is answered when it
is stored. So nothing that a sensor prints can be taken for a trigger, and none is lost when the container goes away.
Source of the rules: StackStorm's sensor_wrapper.
"""

import _thread
import importlib.machinery
import importlib.util
import json
import logging
import os
import signal
import sys
import traceback

from st2common import log
from st2common.services.datastore import SensorDatastoreService
from st2reactor.sensor.base import BaseSensor, PollingSensor

REQUEST_FD = 3
EVENT_FD = 4

# Kept from before the sensor is loaded: some packs replace these functions by ones of green threads.
_read, _write, _exit = os.read, os.write, os._exit
_start_thread, _allocate_lock = _thread.start_new_thread, _thread.allocate_lock


class Channel:
    """Lines of JSON over a file descriptor."""

    def __init__(self, fd):
        os.set_inheritable(fd, False)
        self._fd = fd
        self._rest = b""

    def send(self, message):
        data = json.dumps(message, default=str).encode("utf-8") + b"\n"
        while data:
            data = data[_write(self._fd, data) :]

    def receive(self):
        """The next message; None when the other side is gone."""
        while b"\n" not in self._rest:
            data = _read(self._fd, 65536)
            if not data:
                return None
            self._rest += data
        line, self._rest = self._rest.split(b"\n", 1)
        return json.loads(line.decode("utf-8"))


class SensorService:
    """What ``self.sensor_service`` offers to a sensor."""

    def __init__(self, channel, pack, class_name, logger):
        self._channel = channel
        self._lock = _allocate_lock()
        self._logger = logger
        self._datastore_service = SensorDatastoreService(
            logger=logger, pack_name=pack, class_name=class_name, api_username="sensor_service"
        )

    @property
    def datastore_service(self):
        return self._datastore_service

    def get_logger(self, name):
        return log.getLogger("%s.%s" % (self._logger.name, name))

    def get_user_info(self):
        return self._datastore_service.get_user_info()

    def dispatch(self, trigger, payload=None, trace_tag=None):
        context = {"trace_tag": trace_tag} if trace_tag else None
        return self.dispatch_with_context(trigger, payload=payload, trace_context=context)

    def dispatch_with_context(self, trigger, payload=None, trace_context=None):
        """Returns when the trigger is stored. One that does not exist, or does not fit its schema, is logged and dropped."""
        if trace_context is not None and not isinstance(trace_context, dict):
            trace_context = {key: value for key, value in vars(trace_context).items() if value}
        request = {"trigger": trigger, "payload": payload, "trace_context": trace_context}
        with self._lock:
            self._channel.send(request)
            answer = self._channel.receive()
        if answer is None:
            raise RuntimeError("The sensor container is gone.")
        if answer.get("error"):
            self._logger.warning("Trigger was not dispatched: %s", answer["error"])

    def list_values(self, local=True, prefix=None):
        return self._datastore_service.list_values(local=local, prefix=prefix)

    def get_value(self, name, local=True, scope="system", decrypt=False):
        return self._datastore_service.get_value(name=name, local=local, scope=scope, decrypt=decrypt)

    def set_value(self, name, value, ttl=None, local=True, scope="system", encrypt=False):
        return self._datastore_service.set_value(
            name=name, value=value, ttl=ttl, local=local, scope=scope, encrypt=encrypt
        )

    def delete_value(self, name, local=True, scope="system"):
        return self._datastore_service.delete_value(name=name, local=local, scope=scope)


def load_sensor_class(file_path, class_name):
    folder = os.path.dirname(os.path.realpath(file_path))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    name = os.path.splitext(os.path.basename(file_path))[0]
    loader = importlib.machinery.SourceFileLoader(name, file_path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, file_path, loader=loader))
    sys.modules[name] = module
    loader.exec_module(module)
    sensor_class = getattr(module, class_name, None)
    if sensor_class is None:
        raise ValueError('Sensor module is missing a class with name "%s"' % class_name)
    return sensor_class


def create_sensor(request, service):
    sensor_class = load_sensor_class(request["file_path"], request["class_name"])
    arguments = {"sensor_service": service, "config": request.get("config") or {}}
    if request.get("poll_interval") and issubclass(sensor_class, PollingSensor):
        arguments["poll_interval"] = request["poll_interval"]
    sensor = sensor_class(**arguments)
    if not isinstance(sensor, BaseSensor):
        logging.getLogger(__name__).debug("%s does not extend a base class of sensors", request["class_name"])
    return sensor


def follow_triggers(events, sensor, logger):
    """Tells the sensor of triggers that come and go; ends the process when the container is gone."""
    handlers = {"create": sensor.add_trigger, "update": sensor.update_trigger, "delete": sensor.remove_trigger}
    while True:
        event = events.receive()
        if event is None:
            _exit(3)
        try:
            handlers[event["type"]](event["trigger"])
        except Exception:
            logger.exception("The sensor failed on a trigger")


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    events = Channel(EVENT_FD)
    request = events.receive()
    for path in reversed(request.get("path") or []):
        sys.path.insert(0, path)
    sys.path.append(os.path.join(os.path.dirname(os.path.realpath(__file__)), "fallback"))
    class_name = request["class_name"]
    logger = log.getLogger("SensorWrapper.%s.%s" % (request["pack"], class_name))
    service = SensorService(Channel(REQUEST_FD), request["pack"], class_name, logger)
    sensor = create_sensor(request, service)

    def stop(_signal, _frame):
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    code = 0
    try:
        sensor.setup()
        for trigger in request.get("triggers") or []:
            sensor.add_trigger(trigger)
        _start_thread(follow_triggers, (events, sensor, logger))
        sensor.run()
    except (SystemExit, KeyboardInterrupt):
        pass
    except Exception:
        sys.stderr.write('The method "run" or "setup" of sensor "%s" raised an exception.\n' % class_name)
        traceback.print_exc()
        code = 1
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        sensor.cleanup()
    except Exception:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of the sensor must not keep the process.
    _exit(code)


if __name__ == "__main__":
    # The folder of this file is not where the sensor's imports are to be looked for first.
    sys.path.append(sys.path.pop(0))
    main()
