from st2client.models import Action, Execution, LiveAction  # noqa: F401
