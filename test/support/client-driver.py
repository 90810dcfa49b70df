"""Runs commands of the real clients, one a line, in one interpreter: to start one takes longer than most commands do.

A line is JSON: {"argv": ["st2", "run", ...]}. The answer is one line: {"code": 0, "output": "..."}.
"""
import contextlib
import io
import json
import logging
import sys

ANSWERS = sys.stdout
COMMANDS = sys.stdin


def run_st2(argv):
    from st2client.shell import Shell

    return Shell().run(argv)


def run_mistral(argv):
    from mistralclient import shell

    return shell.main(argv)


CLIENTS = {"st2": run_st2, "mistral": run_mistral}


def run(argv):
    output = io.StringIO()
    # Handlers that an earlier command has set up write to its output, which nobody reads any more.
    logging.getLogger().handlers.clear()
    # Who asks back is told yes; what comes next on our own input is the next command.
    sys.stdin = io.StringIO("y\n")
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            code = CLIENTS[argv[0]](argv[1:])
        except SystemExit as error:
            code = error.code
        except Exception as error:
            print("%s: %s" % (type(error).__name__, error))
            code = 1
    return {"code": 0 if code is None else code, "output": output.getvalue()}


for line in COMMANDS:
    print(json.dumps(run(json.loads(line)["argv"])), file=ANSWERS, flush=True)
