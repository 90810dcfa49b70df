"""The datastore as actions and sensors see it: over the REST API with the token they were given."""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

from st2common.constants.keyvalue import DATASTORE_KEY_SEPARATOR, SYSTEM_SCOPE
from st2common.util.api import get_full_public_api_url, open_api

__all__ = ["ActionDatastoreService", "BaseDatastoreService", "KeyValuePair", "SensorDatastoreService"]

_TIMEOUT = 60


class KeyValuePair:
    """One value of the datastore."""

    def __init__(self, **fields):
        self.id = None
        self.name = None
        self.value = None
        self.scope = None
        self.user = None
        self.secret = False
        self.encrypted = False
        self.ttl = None
        self.expire_timestamp = None
        self.__dict__.update(fields)
        self.id = self.id or self.name

    def __repr__(self):
        return "<KeyValuePair name=%s,scope=%s>" % (self.name, self.scope)


class BaseDatastoreService:
    """Values are local to the pack and class (``<pack>.<class>:<name>``) unless ``local=False`` is given."""

    DATASTORE_NAME_SEPARATOR = DATASTORE_KEY_SEPARATOR

    def __init__(self, logger, pack_name, class_name, auth_token=None):
        self._logger = logger
        self._pack_name = pack_name
        self._class_name = class_name
        self._auth_token = auth_token
        self._client = None

    def get_user_info(self):
        return self._request("GET", "/user")

    def list_values(self, local=True, prefix=None):
        query = {"prefix": self._local_prefix() + (prefix or "") if local else prefix}
        found = self._request("GET", "/keys", {key: value for key, value in query.items() if value})
        return [KeyValuePair(**item) for item in found]

    def get_value(self, name, local=True, scope=SYSTEM_SCOPE, decrypt=False):
        self._check_scope(scope)
        query = {"scope": scope, "decrypt": str(bool(decrypt)).lower()}
        try:
            found = self._request("GET", self._path(name, local), query)
        except Exception as error:
            # As in StackStorm: a value that cannot be had is no value.
            if getattr(error, "code", None) != 404:
                self._logger.error("The value %s could not be read from the datastore: %s", name, error)
            return None
        return found.get("value") if found else None

    def set_value(self, name, value, ttl=None, local=True, scope=SYSTEM_SCOPE, encrypt=False):
        self._check_scope(scope)
        key = self._key(name, local)
        body = {"name": key, "value": str(value), "scope": scope}
        if encrypt:
            body["secret"] = True
        if ttl:
            body["ttl"] = ttl
        self._request("PUT", self._path(name, local), body=body)
        return True

    def delete_value(self, name, local=True, scope=SYSTEM_SCOPE):
        self._check_scope(scope)
        try:
            self._request("DELETE", self._path(name, local), {"scope": scope})
        except Exception as error:
            if getattr(error, "code", None) != 404:
                self._logger.error("The value %s could not be deleted from the datastore: %s", name, error)
            return False
        return True

    def get_api_client(self):
        """A client of the API, where the package st2client is installed beside the action."""
        if self._client is None:
            from st2client.client import Client

            self._client = Client(api_url=get_full_public_api_url(), token=self._auth_token)
        return self._client

    def _check_scope(self, scope):
        if scope != SYSTEM_SCOPE:
            raise ValueError("Scope %s is unsupported." % scope)

    def _local_prefix(self):
        return "%s.%s%s" % (self._pack_name, self._class_name, DATASTORE_KEY_SEPARATOR)

    def _key(self, name, local):
        return self._local_prefix() + name if local else name

    def _path(self, name, local):
        return "/keys/" + urllib.parse.quote(self._key(name, local), safe="")

    def _request(self, method, path, query=None, body=None):
        url = get_full_public_api_url() + path
        if query:
            url += "?" + urllib.parse.urlencode(query)
        headers = {"Content-Type": "application/json"}
        if self._auth_token:
            headers["X-Auth-Token"] = self._auth_token
        data = None if body is None else json.dumps(body).encode("utf-8")
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        with open_api(request, _TIMEOUT) as response:
            text = response.read().decode("utf-8")
        return json.loads(text) if text else None


class ActionDatastoreService(BaseDatastoreService):
    """The datastore of an action, with the token of its run."""


class SensorDatastoreService(BaseDatastoreService):
    """The datastore of a sensor."""

    def __init__(self, logger, pack_name, class_name, api_username=None, auth_token=None):
        token = auth_token or os.environ.get("ST2_AUTH_TOKEN")
        super().__init__(logger, pack_name, class_name, token)
        self._api_username = api_username
