"""The services of an action without a system behind them."""

from unittest.mock import Mock

from st2tests.mocks.datastore import MockDatastoreService

__all__ = ["MockActionService", "MockActionWrapper"]


class MockActionWrapper:
    def __init__(self, pack, class_name):
        self._pack = pack
        self._class_name = class_name


class MockActionService:
    """``action_service`` with a datastore that lives as long as the test."""

    def __init__(self, action_wrapper):
        self._action_wrapper = action_wrapper
        self._logger = Mock()
        self.datastore_service = MockDatastoreService(
            logger=self._logger, pack_name=action_wrapper._pack, class_name=action_wrapper._class_name
        )

    def get_logger(self, name):
        self._logger.name = name
        return self._logger

    def get_user_info(self):
        return self.datastore_service.get_user_info()

    def list_values(self, *args, **kwargs):
        return self.datastore_service.list_values(*args, **kwargs)

    def get_value(self, *args, **kwargs):
        return self.datastore_service.get_value(*args, **kwargs)

    def set_value(self, *args, **kwargs):
        return self.datastore_service.set_value(*args, **kwargs)

    def delete_value(self, *args, **kwargs):
        return self.datastore_service.delete_value(*args, **kwargs)
