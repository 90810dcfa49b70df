from st2client.models import Token  # noqa: F401
