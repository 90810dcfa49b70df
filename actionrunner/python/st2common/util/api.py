"""Where the API is, seen from inside of an action."""

import os
import ssl
import urllib.request


def get_full_public_api_url(api_version="v1"):
    url = os.environ.get("ST2_ACTION_API_URL") or os.environ.get("ST2_API_URL") or "http://127.0.0.1:9101/v1"
    url = url.rstrip("/")
    return url if url.endswith("/" + api_version) else "%s/%s" % (url, api_version)


def get_base_public_api_url():
    url = get_full_public_api_url()
    return url[: url.rindex("/")]


def open_api(request, timeout, cacert=None):
    """Sends a ``urllib.request.Request`` to the API. The API is ours: never through a proxy of the environment; the authority of ``ST2_CACERT``
    counts beside those of the system."""
    handlers = [urllib.request.ProxyHandler({})]
    cacert = cacert or os.environ.get("ST2_CACERT")
    if cacert:
        context = ssl.create_default_context()
        context.load_verify_locations(cacert)
        handlers.append(urllib.request.HTTPSHandler(context=context))
    return urllib.request.build_opener(*handlers).open(request, timeout=timeout)
