"""Where the API is, seen from inside of an action."""

import os


def get_full_public_api_url(api_version="v1"):
    url = os.environ.get("ST2_ACTION_API_URL") or os.environ.get("ST2_API_URL") or "http://127.0.0.1:9101/v1"
    url = url.rstrip("/")
    return url if url.endswith("/" + api_version) else "%s/%s" % (url, api_version)


def get_base_public_api_url():
    url = get_full_public_api_url()
    return url[: url.rindex("/")]
