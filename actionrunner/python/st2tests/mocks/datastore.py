"""A datastore in memory."""

from st2common.constants.keyvalue import SYSTEM_SCOPE
from st2common.services.datastore import BaseDatastoreService, KeyValuePair

__all__ = ["MockDatastoreService"]


class MockDatastoreService(BaseDatastoreService):
    def __init__(self, logger, pack_name, class_name, api_username=None):
        super().__init__(logger=logger, pack_name=pack_name, class_name=class_name)
        self._api_username = api_username or "admin"
        self._datastore_items = {}

    def get_user_info(self):
        return {
            "username": self._api_username,
            "rbac": {"is_admin": True, "enabled": True, "roles": ["admin"]},
            "authentication": {"method": "authentication token", "location": "header"},
        }

    def list_values(self, local=True, prefix=None):
        start = (self._local_prefix() if local else "") + (prefix or "")
        return [item for name, item in self._datastore_items.items() if name.startswith(start)]

    def get_value(self, name, local=True, scope=SYSTEM_SCOPE, decrypt=False):
        self._check_scope(scope)
        item = self._datastore_items.get(self._key(name, local))
        return item.value if item else None

    def set_value(self, name, value, ttl=None, local=True, scope=SYSTEM_SCOPE, encrypt=False):
        self._check_scope(scope)
        if ttl:
            raise ValueError('MockDatastoreService doesn\'t support "ttl" argument')
        key = self._key(name, local)
        self._datastore_items[key] = KeyValuePair(name=key, value=value)
        return True

    def delete_value(self, name, local=True, scope=SYSTEM_SCOPE):
        self._check_scope(scope)
        return self._datastore_items.pop(self._key(name, local), None) is not None
