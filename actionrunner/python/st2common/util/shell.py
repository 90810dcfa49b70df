import shlex
import subprocess

__all__ = ["quote_unix", "quote_windows", "run_command"]


def quote_unix(value):
    return shlex.quote(value)


def quote_windows(value):
    return subprocess.list2cmdline([value])


def run_command(cmd, stdin=None, stdout=subprocess.PIPE, stderr=subprocess.PIPE, shell=False, cwd=None, env=None):
    """Runs a command to its end and returns (exit code, standard output, standard error) as text."""
    process = subprocess.Popen(cmd, stdin=stdin, stdout=stdout, stderr=stderr, env=env, cwd=cwd, shell=shell)
    out, err = process.communicate()
    return process.returncode, _to_text(out), _to_text(err)


def _to_text(data):
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data
