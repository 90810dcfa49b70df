from st2client.models import Resource  # noqa: F401
