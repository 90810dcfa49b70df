from st2client.models import Inquiry  # noqa: F401
