from st2client.models import ActionAlias  # noqa: F401
