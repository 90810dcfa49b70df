"""Templates as packs render them by themselves. The filters are those that need no datastore."""

import json
import re

import jinja2
import yaml

__all__ = ["get_filters", "get_jinja_environment", "is_jinja_expression", "render_values"]


def get_filters():
    def regex_match(value, pattern, ignorecase=False):
        return bool(re.match(pattern, value, re.I if ignorecase else 0))

    def regex_search(value, pattern, ignorecase=False):
        return bool(re.search(pattern, value, re.I if ignorecase else 0))

    def regex_replace(value="", pattern="", replacement="", ignorecase=False):
        return re.sub(pattern, replacement, value, flags=re.I if ignorecase else 0)

    def to_json_string(value, indent=4, sort_keys=False, separators=(",", ": ")):
        return json.dumps(value, indent=indent, sort_keys=sort_keys, separators=separators)

    def to_yaml_string(value, indent=4, allow_unicode=True):
        return yaml.safe_dump(value, indent=indent, allow_unicode=allow_unicode, default_flow_style=False)

    return {
        "from_json_string": json.loads,
        "from_yaml_string": yaml.safe_load,
        "regex_match": regex_match,
        "regex_replace": regex_replace,
        "regex_search": regex_search,
        "to_json_string": to_json_string,
        "to_yaml_string": to_yaml_string,
        "use_none": lambda value: "%*****__%NONE%__*****%" if value is None else value,
    }


def get_jinja_environment(allow_undefined=False, trim_blocks=True, lstrip_blocks=True):
    """An environment in which a name that is not there is an error, unless that is allowed."""
    environment = jinja2.Environment(  # noqa: S701 - what is rendered are parameters, not pages
        undefined=jinja2.Undefined if allow_undefined else jinja2.StrictUndefined,
        trim_blocks=trim_blocks,
        lstrip_blocks=lstrip_blocks,
    )
    environment.filters.update(get_filters())
    environment.tests["in"] = lambda item, items: item in items
    return environment


def is_jinja_expression(value):
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def render_values(mapping=None, context=None, allow_undefined=False):
    """The mapping with its templates rendered; each sees the context and the values of the mapping."""
    environment = get_jinja_environment(allow_undefined=allow_undefined)
    known = {**(context or {}), **(mapping or {})}

    def render(value):
        if isinstance(value, dict):
            return {key: render(item) for key, item in value.items()}
        if isinstance(value, list):
            return [render(item) for item in value]
        return environment.from_string(value).render(known) if is_jinja_expression(value) else value

    return {key: render(value) for key, value in (mapping or {}).items()}
