import json
import os
import urllib.request

from st2common.runners.base_action import Action
from st2common.util.api import open_api


class InjectTriggerAction(Action):
    def run(self, trigger, payload=None, trace_tag=None):
        headers = {
            "Content-Type": "application/json",
            "X-Auth-Token": os.environ.get("ST2_ACTION_AUTH_TOKEN", ""),
        }
        if trace_tag:
            headers["St2-Trace-Tag"] = trace_tag
        body = json.dumps({"trigger": trigger, "payload": payload or {}}).encode("utf-8")
        url = os.environ["ST2_ACTION_API_URL"].rstrip("/") + "/webhooks/st2"
        request = urllib.request.Request(url, data=body, headers=headers, method="POST")
        with open_api(request, timeout=30) as response:
            json.loads(response.read().decode("utf-8"))
        return {"trigger": trigger, "payload": payload or {}, "trace_tag": trace_tag}
