from st2client.client import Client
from st2client.models.action_alias import ActionAliasMatch
from st2common.runners.base_action import Action


class MatchAction(Action):
    def run(self, text):
        command = ActionAliasMatch()
        command.command = text
        try:
            alias, representation = Client().managers["ActionAlias"].match(command)
        except Exception as error:
            return False, "%s" % error
        return {
            "alias": {"name": alias.name, "pack": alias.pack, "action_ref": alias.action_ref},
            "representation": representation,
        }
