import time

from st2client.client import Client
from st2client.models.action_alias import ActionAliasMatch
from st2client.models.aliasexecution import ActionAliasExecution
from st2common.runners.base_action import Action

ENDED = ("succeeded", "failed", "timeout", "abandoned", "canceled", "skipped")
LOOK_SECONDS = 0.5


class MatchAndExecuteAction(Action):
    def run(self, text, source_channel=None, user=None):
        managers = Client().managers
        command = ActionAliasMatch()
        command.command = text
        request = ActionAliasExecution()
        try:
            alias, request.format = managers["ActionAlias"].match(command)
            request.name = alias.name
            request.command = text
            request.source_channel = source_channel
            request.user = user
            # The caller tells what came of it: no rule is to tell the chat as well.
            request.notification_channel = None
            request.notification_route = None
            execution_id = managers["ActionAliasExecution"].create(request).execution["id"]
        except Exception as error:
            return False, "%s" % error
        executions = managers["LiveAction"]
        while executions.get_by_id(execution_id).status not in ENDED:
            time.sleep(LOOK_SECONDS)
        return execution_id
