"""A client of the API. Without arguments it works inside of an action: address and token come from its environment."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

from st2client import models
from st2common.util.api import open_api

__all__ = ["Client"]

_TIMEOUT = 60


class Client:
    def __init__(self, base_url=None, auth_url=None, api_url=None, stream_url=None, api_version="v1", cacert=None,
                 debug=False, token=None, api_key=None, **_unused):
        url = api_url or os.environ.get("ST2_API_URL") or os.environ.get("ST2_ACTION_API_URL")
        url = (url or (base_url or "http://127.0.0.1").rstrip("/") + ":9101").rstrip("/")
        self._url = url if url.endswith("/" + api_version) else "%s/%s" % (url, api_version)
        self.endpoints = {"base": base_url, "api": self._url, "auth": auth_url, "stream": stream_url}
        self.cacert = cacert
        self.token = token or os.environ.get("ST2_AUTH_TOKEN") or os.environ.get("ST2_ACTION_AUTH_TOKEN")
        self.api_key = api_key or os.environ.get("ST2_API_KEY")
        self.actions = ResourceManager(self, models.Action)
        self.actionaliases = AliasManager(self, models.ActionAlias)
        self.actionaliasexecutions = ResourceManager(self, models.ActionAliasExecution)
        self.executions = ExecutionManager(self, models.Execution)
        self.liveactions = ExecutionManager(self, models.LiveAction)
        self.inquiries = ResourceManager(self, models.Inquiry)
        self.keys = KeyManager(self, models.KeyValuePair)
        self.packs = ResourceManager(self, models.Pack)
        self.rules = ResourceManager(self, models.Rule)
        self.triggerinstances = ResourceManager(self, models.TriggerInstance)
        self.triggertypes = ResourceManager(self, models.TriggerType)
        self.webhooks = WebhookManager(self, models.Webhook)
        self.managers = {
            "Action": self.actions,
            "ActionAlias": self.actionaliases,
            "ActionAliasExecution": self.actionaliasexecutions,
            "Execution": self.executions,
            "Inquiry": self.inquiries,
            "KeyValuePair": self.keys,
            "LiveAction": self.liveactions,
            "Pack": self.packs,
            "Rule": self.rules,
            "TriggerInstance": self.triggerinstances,
            "TriggerType": self.triggertypes,
            "Webhook": self.webhooks,
        }

    def get_user_info(self, **_unused):
        return self.request("GET", "/user")

    def request(self, method, path, query=None, body=None):
        """One request; the answer's JSON. Raises ``urllib.error.HTTPError`` with the server's words."""
        given = {key: value for key, value in (query or {}).items() if value is not None}
        url = self._url + path + ("?" + urllib.parse.urlencode(given, doseq=True) if given else "")
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["X-Auth-Token"] = self.token
        elif self.api_key:
            headers["St2-Api-Key"] = self.api_key
        data = None if body is None else json.dumps(body).encode("utf-8")
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        try:
            with open_api(request, _TIMEOUT, self.cacert) as response:
                text = response.read().decode("utf-8")
        except urllib.error.HTTPError as error:
            error.msg = "%s\nMESSAGE: %s" % (error.msg, error.read().decode("utf-8", "replace"))
            raise
        return json.loads(text) if text else None


def _query(kwargs):
    """What is a filter: ``params`` by itself, and the options of one call are none."""
    given = dict(kwargs.get("params") or {})
    ignored = ("params", "token", "api_key", "headers")
    given.update({key: value for key, value in kwargs.items() if key not in ignored})
    return {key: str(value).lower() if isinstance(value, bool) else value for key, value in given.items()}


class ResourceManager:
    def __init__(self, client, resource):
        self.client = client
        self.resource = resource
        self._path = "/" + resource._path

    def _one(self, name):
        return "%s/%s" % (self._path, urllib.parse.quote(str(name), safe=""))

    def get_all(self, **kwargs):
        return [self.resource(**item) for item in self.client.request("GET", self._path, _query(kwargs))]

    query = get_all

    def get_by_id(self, id, **kwargs):
        """The resource, or ``None``."""
        try:
            return self.resource(**self.client.request("GET", self._one(id), _query(kwargs)))
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    get_by_ref_or_id = get_by_id

    def get_by_name(self, name, **kwargs):
        found = self.get_all(name=name, **kwargs)
        return found[0] if found else None

    def create(self, instance, **kwargs):
        body = instance.to_dict()
        return self.resource(**self.client.request("POST", self._path, _query(kwargs), body))

    def update(self, instance, **kwargs):
        name = getattr(instance, "id", None) or instance.name
        return self.resource(**self.client.request("PUT", self._one(name), _query(kwargs), instance.to_dict()))

    def delete(self, instance, **kwargs):
        return self.delete_by_id(getattr(instance, "id", None) or instance.name, **kwargs)

    def delete_by_id(self, instance_id, **kwargs):
        self.client.request("DELETE", self._one(instance_id), _query(kwargs))
        return True


class AliasManager(ResourceManager):
    def match(self, instance, **_unused):
        """The alias that ``instance.command`` fits, and the format that it fits."""
        found = self.client.request("POST", self._path + "/match", body={"command": instance.command})
        return self.resource(**found["actionalias"]), found["representation"]


class KeyManager(ResourceManager):
    def get_by_name(self, name, **kwargs):
        return self.get_by_id(name, **kwargs)

    def update(self, instance, **kwargs):
        body = {"scope": "system", **instance.to_dict()}
        name = body.get("name") or body.get("id")
        body["name"] = name
        body.pop("id", None)
        return self.resource(**self.client.request("PUT", self._one(name), _query(kwargs), body))

    create = update


class ExecutionManager(ResourceManager):
    def re_run(self, execution_id, parameters=None, tasks=None, **_unused):
        body = {"parameters": parameters or {}, "tasks": tasks or []}
        return self.resource(**self.client.request("POST", self._one(execution_id) + "/re_run", body=body))

    def get_output(self, execution_id, output_type=None, **_unused):
        return self.client.request("GET", self._one(execution_id) + "/output", {"output_type": output_type})

    def get_property(self, id, property_name, **_unused):
        return self.client.request("GET", "%s/%s" % (self._one(id), property_name))

    def get_children(self, execution_id, **_unused):
        return [self.resource(**item) for item in self.get_property(execution_id, "children")]


class WebhookManager(ResourceManager):
    def post_generic_webhook(self, trigger, payload=None, trace_tag=None, **_unused):
        body = {"trigger": trigger, "payload": payload or {}}
        if trace_tag:
            body["trace_tag"] = trace_tag
        return self.client.request("POST", self._path + "/st2", body=body)
