"""Resources of the API. Any field may be given and read."""

__all__ = [
    "Action",
    "ActionAlias",
    "ActionAliasExecution",
    "ActionAliasMatch",
    "Execution",
    "Inquiry",
    "KeyValuePair",
    "LiveAction",
    "Pack",
    "Resource",
    "Rule",
    "Token",
    "Trigger",
    "TriggerInstance",
    "TriggerType",
    "Webhook",
]


class Resource:
    _path = ""

    def __init__(self, *args, **kwargs):
        self.__dict__.update(kwargs)

    def to_dict(self, exclude_attributes=None):
        return {key: value for key, value in self.__dict__.items() if key not in (exclude_attributes or [])}

    serialize = to_dict

    @classmethod
    def deserialize(cls, doc):
        return cls(**doc)

    def __repr__(self):
        return "<%s %s>" % (type(self).__name__, self.__dict__)


class Action(Resource):
    _path = "actions"


class ActionAlias(Resource):
    _path = "actionalias"


class ActionAliasMatch(Resource):
    _path = "actionalias"


class ActionAliasExecution(Resource):
    _path = "aliasexecution"


class Execution(Resource):
    _path = "executions"


class LiveAction(Execution):
    """The older name of an execution."""


class Inquiry(Resource):
    _path = "inquiries"


class KeyValuePair(Resource):
    _path = "keys"


class Pack(Resource):
    _path = "packs"


class Rule(Resource):
    _path = "rules"


class Token(Resource):
    _path = "tokens"


class Trigger(Resource):
    _path = "triggers"


class TriggerInstance(Resource):
    _path = "triggerinstances"


class TriggerType(Resource):
    _path = "triggertypes"


class Webhook(Resource):
    _path = "webhooks"
