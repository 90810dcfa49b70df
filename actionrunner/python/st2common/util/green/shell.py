import subprocess

__all__ = ["run_command"]

TIMEOUT_EXIT_CODE = -9


def run_command(cmd, stdin=None, stdout=subprocess.PIPE, stderr=subprocess.PIPE, shell=False, cwd=None, env=None,
                timeout=60, preexec_func=None, **_unused):
    """Runs a command and returns (exit code, standard output, standard error, whether it took too long)."""
    process = subprocess.Popen(cmd, stdin=stdin, stdout=stdout, stderr=stderr, env=env, cwd=cwd, shell=shell,
                               preexec_fn=preexec_func)
    timed_out = False
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        timed_out = True
    code = TIMEOUT_EXIT_CODE if timed_out else process.returncode
    return code, _to_text(out), _to_text(err), timed_out


def _to_text(data):
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data
