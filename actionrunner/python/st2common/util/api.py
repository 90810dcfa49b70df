"""Where the API is, seen from inside of an action."""

import os
import ssl
import time
import urllib.error
import urllib.request

# Seconds for which an API that is being started again is waited for.
_AWAY_FOR = 30
_LONGEST_PAUSE = 1
# Asked a second time, these change nothing more.
_REPEATABLE = ("GET", "PUT")


def get_full_public_api_url(api_version="v1"):
    url = os.environ.get("ST2_ACTION_API_URL") or os.environ.get("ST2_API_URL") or "http://127.0.0.1:9101/v1"
    url = url.rstrip("/")
    return url if url.endswith("/" + api_version) else "%s/%s" % (url, api_version)


def get_base_public_api_url():
    url = get_full_public_api_url()
    return url[: url.rindex("/")]


def open_api(request, timeout, cacert=None):
    """Sends a ``urllib.request.Request`` to the API. The API is ours: never through a proxy of the environment; the authority of ``ST2_CACERT``
    counts beside those of the system. An API that is away for a moment, as while it is started again, is waited for."""
    handlers = [urllib.request.ProxyHandler({})]
    cacert = cacert or os.environ.get("ST2_CACERT")
    if cacert:
        context = ssl.create_default_context()
        context.load_verify_locations(cacert)
        handlers.append(urllib.request.HTTPSHandler(context=context))
    opener = urllib.request.build_opener(*handlers)
    deadline = time.monotonic() + _AWAY_FOR
    pause = 0.1
    while True:
        try:
            return opener.open(request, timeout=timeout)
        except (urllib.error.URLError, ConnectionError) as error:
            if not _may_be_sent_again(request, error) or time.monotonic() >= deadline:
                raise
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _may_be_sent_again(request, error):
    """Nobody has taken the request, or it does no harm if it was taken already."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, ConnectionRefusedError):
        return True
    return isinstance(cause, ConnectionError) and request.get_method() in _REPEATABLE
