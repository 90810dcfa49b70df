"""
A warm interpreter: forks a child for each action, so that nobody waits for Python to start.

Requests come as lines of JSON over file descriptor 3: {"id", "socket"}. The child leads a session of its own, connects
to the socket once a stream, and runs the action as action_main does. Over the same descriptor go {"id", "pid"} when it
started and {"id", "status"} when it ended (the exit code, or minus the signal's number). Each action is a fork of the
same fresh process: nothing of one action reaches another. When the descriptor ends, all children are killed.
"""

import gc
import json
import os
import select
import signal
import socket
import sys
import traceback

# Loaded once, for all children.
import http.client  # noqa: F401
import urllib.request  # noqa: F401

import action_main
import st2common.services.datastore  # noqa: F401

REQUESTS_FD = 3


def connect(path, job, stream):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    connection.sendall(("%d %s\n" % (job, stream)).encode("ascii"))
    return connection


def read_line(connection):
    pieces = []
    while not pieces or not pieces[-1].endswith(b"\n"):
        piece = connection.recv(1 << 16)
        if not piece:
            raise EOFError("the action runner went away")
        pieces.append(piece)
    return b"".join(pieces).decode("utf-8")


def run_child(job, path):
    """Runs one action to its end and gives the exit code."""
    for stream, descriptor in (("stdout", 1), ("stderr", 2)):
        connection = connect(path, job, stream)
        os.dup2(connection.fileno(), descriptor, inheritable=True)
        connection.close()
    control = connect(path, job, "control")
    request = json.loads(read_line(control))
    os.environ.clear()
    os.environ.update(request["env"])
    for folder in reversed(request.get("path") or []):
        sys.path.insert(0, folder)
    sys.argv = [os.path.abspath(action_main.__file__)]
    try:
        action_main.run_action(request, lambda text: control.sendall(text.encode("utf-8")))
        return 0
    except SystemExit as end:
        if end.code is None:
            return 0
        if isinstance(end.code, int):
            return end.code & 0xFF
        sys.stderr.write("%s\n" % (end.code,))
        return 1
    except BaseException:
        traceback.print_exc()
        return 1


def finish():
    """What the interpreter does at its end: waits for threads, runs the exit functions, flushes."""
    import atexit
    import threading

    try:
        threading._shutdown()
        atexit._run_exitfuncs()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:
                pass  # nobody reads any more


def start_child(job, path, close_in_child):
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        for descriptor in close_in_child:
            os.close(descriptor)
        code = run_child(job, path)
        finish()
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def kill_group(pid):
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # it has ended, or has not yet become a leader and dies with its sockets


class Zygote:
    def __init__(self):
        self.jobs = {}
        self.wake_read, self.wake_write = os.pipe()
        for descriptor in (self.wake_read, self.wake_write):
            os.set_blocking(descriptor, False)
        os.set_inheritable(REQUESTS_FD, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self.wake_write, warn_on_full_buffer=False)

    def say(self, message):
        data = (json.dumps(message) + "\n").encode("utf-8")
        while data:
            data = data[os.write(REQUESTS_FD, data):]

    def reap(self):
        while self.jobs:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            job = self.jobs.pop(pid, None)
            if job is not None:
                self.say({"id": job, "status": os.waitstatus_to_exitcode(status)})

    def serve(self):
        waiting = b""
        while True:
            readable, _, _ = select.select([REQUESTS_FD, self.wake_read], [], [])
            if self.wake_read in readable:
                os.read(self.wake_read, 4096)
                self.reap()
            if REQUESTS_FD not in readable:
                continue
            data = os.read(REQUESTS_FD, 1 << 16)
            if not data:
                return
            waiting += data
            *lines, waiting = waiting.split(b"\n")
            for line in lines:
                request = json.loads(line)
                pid = start_child(request["id"], request["socket"], (REQUESTS_FD, self.wake_read, self.wake_write))
                self.jobs[pid] = request["id"]
                self.say({"id": request["id"], "pid": pid})


def main():
    zygote = Zygote()
    gc.collect()
    gc.freeze()
    try:
        zygote.serve()
    except OSError:
        pass  # the action runner is gone
    for pid in list(zygote.jobs):
        kill_group(pid)


if __name__ == "__main__":
    sys.path.append(sys.path.pop(0))
    main()
