"""Tests of the formats of aliases."""

import os
import re

from st2tests.pack_resource import BasePackResourceTestCase

__all__ = ["BaseActionAliasTestCase"]

_PARAMETER = re.compile(r"{{\s*(\w+)\s*(?:=\s*(?:[\"']?)(.*?)(?:[\"']?)\s*)?}}")
_PAIR = re.compile(r"(\w+)\s*=\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|{.*?}|\S+)")
_VALUE = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|{.*?}|.+?"


class BaseActionAliasTestCase(BasePackResourceTestCase):
    """``action_alias_name`` is the alias under test, ``self.action_alias_db`` what its file says."""

    action_alias_name = None

    def setUp(self):
        super().setUp()
        if not self.action_alias_name:
            raise ValueError('"action_alias_name" class attribute needs to be provided')
        self.action_alias_db = self._get_action_alias_db_by_name(self.action_alias_name)

    def assertCommandMatchesExactlyOneFormatString(self, format_strings, command):  # noqa: N802
        matching = [text for text in format_strings if extract_parameters(text, command) is not None]
        if len(matching) != 1:
            raise AssertionError('Command "%s" matched %d format strings: %s' % (command, len(matching), matching))

    def assertExtractedParametersMatch(self, format_string, command, parameters):  # noqa: N802
        extracted = extract_parameters(format_string, command)
        if extracted is None:
            raise AssertionError('Command "%s" doesn\'t match format string "%s"' % (command, format_string))
        if extracted != parameters:
            raise AssertionError(
                'Extracted parameters from command string "%s" against format string "%s" didn\'t match the provided '
                "parameters: %s != %s" % (command, format_string, extracted, parameters)
            )

    def _get_action_alias_db_by_name(self, name):
        import yaml

        folder = os.path.join(self._get_base_pack_path(), "aliases")
        for file in sorted(os.listdir(folder)):
            if not file.endswith((".yaml", ".yml")):
                continue
            with open(os.path.join(folder, file), encoding="utf-8") as source:
                content = yaml.safe_load(source)
            if content.get("name") == name:
                return Alias(content)
        raise ValueError('Alias with name "%s" not found' % name)


class Alias:
    """An alias as its file has it."""

    def __init__(self, content):
        self.formats = []
        self.__dict__.update(content)

    def get_format_strings(self):
        """All formats that a command may have."""
        found = []
        for item in self.formats:
            if isinstance(item, dict):
                given = item.get("representation", [])
                found.extend(given if isinstance(given, list) else [given])
            else:
                found.append(item)
        return found


def extract_parameters(format_string, command):
    """The parameters that a command gives to a format; ``None`` when it does not fit."""
    command = command.strip()
    pairs = {}
    tail = re.search(r"(?:\s+%s)+\s*$" % _PAIR.pattern, command)
    if tail and "=" not in _PARAMETER.sub("", format_string):
        pairs = {key: _unquote(value) for key, value in _PAIR.findall(tail.group(0))}
    for text in [command[: tail.start()], command] if pairs else [command]:
        found = _match(format_string, text)
        if found is not None:
            given = pairs if text is not command else {}
            return {**found, **given}
    return None


def _match(format_string, text):
    pattern = "^\\s*"
    position = 0
    defaults = {}
    for parameter in _PARAMETER.finditer(format_string):
        literal = format_string[position : parameter.start()]
        name, default = parameter.group(1), parameter.group(2)
        defaults[name] = default
        group = "(?P<%s>%s)" % (name, _VALUE)
        if default is None:
            pattern += literal + group
        else:
            pattern += literal.rstrip() + (r"(?:\s+%s)?" % group if literal.endswith(" ") else group + "?")
        position = parameter.end()
    pattern += format_string[position:] + "\\s*$"
    matched = re.match(pattern, text, re.DOTALL)
    if matched is None:
        return None
    groups = matched.groupdict()
    return {
        name: _unquote(groups[name].strip()) if groups.get(name) is not None else default
        for name, default in defaults.items()
    }


def _unquote(value):
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value
