from st2client.models import Rule, Trigger, TriggerInstance, TriggerType  # noqa: F401
