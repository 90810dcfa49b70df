import json

__all__ = ["json_decode", "json_encode", "json_loads", "try_loads"]


class GenericJSON(json.JSONEncoder):
    def default(self, obj):
        if callable(getattr(obj, "__json__", None)):
            return obj.__json__()
        return super().default(obj)


def json_encode(obj, indent=4):
    return json.dumps(obj, cls=GenericJSON, indent=indent)


def json_decode(text):
    return json.loads(text)


def json_loads(obj, keys=None):
    """Replaces values of an object that are JSON text by what they say."""
    if not obj:
        return None
    for key in keys or list(obj.keys()):
        obj[key] = try_loads(obj.get(key))
    return obj


def try_loads(text):
    if not isinstance(text, str) or not text:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
