"""Command lines of shell actions, for packs that build them as StackStorm does."""
from shlex import quote

__all__ = ["ShellCommandAction", "ShellScriptAction"]


class ShellCommandAction:
    """A command, with what it runs in."""

    def __init__(self, name, action_exec_id, command, user=None, env_vars=None, sudo=False, timeout=None, cwd=None,
                 sudo_password=None):
        self.name = name
        self.id = name
        self.action_exec_id = action_exec_id
        self.command = command
        self.user = user
        self.env_vars = env_vars or {}
        self.sudo = sudo
        self.timeout = timeout
        self.cwd = cwd
        self.sudo_password = sudo_password

    def get_command(self):
        return self.get_full_command_string()

    def get_full_command_string(self):
        if not self.sudo and not self.user:
            return self.command
        words = ["sudo"]
        if self.sudo_password:
            words.append("-S")
        words.append("-E")
        if self.user and not self.sudo:
            words += ["-u", quote(self.user)]
        return " ".join(words + ["--", "bash", "-c", quote(self.command)])


class ShellScriptAction(ShellCommandAction):
    """A script, with its arguments."""

    def __init__(self, name, action_exec_id, script_local_path_abs, named_args=None, positional_args=None, **more):
        super().__init__(name, action_exec_id, "", **more)
        self.script_local_path_abs = script_local_path_abs
        self.named_args = named_args
        self.positional_args = positional_args
        arguments = self._get_script_arguments(named_args, positional_args)
        self.command = (quote(script_local_path_abs) + " " + arguments).rstrip()

    def _get_script_arguments(self, named_args=None, positional_args=None):
        """Named arguments in the order of their names, then the others. Flags have no value; what is empty is left out."""
        words = []
        for name, value in sorted((named_args or {}).items()):
            if value is None or value is False or (isinstance(value, str) and not value):
                continue
            words.append(quote(name) if value is True else "%s=%s" % (quote(name), quote(str(value))))
        words += [quote(str(value)) for value in positional_args or []]
        return " ".join(words)
