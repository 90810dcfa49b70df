"""What tests of all kinds of content have."""

import inspect
import os
from unittest import TestCase

__all__ = ["BasePackResourceTestCase"]


class BasePackResourceTestCase(TestCase):
    def get_fixture_content(self, fixture_path):
        """The text of a file of the pack's ``tests/fixtures``."""
        path = os.path.join(self._get_base_pack_path(), "tests", "fixtures", fixture_path)
        with open(path, "r", encoding="utf-8") as file:
            return file.read()

    def _get_base_pack_path(self):
        """The folder of the pack that the test is part of: the one above ``tests``."""
        folder = os.path.dirname(os.path.realpath(inspect.getfile(self.__class__)))
        while os.path.basename(folder) != "tests":
            above = os.path.dirname(folder)
            if above == folder:
                raise ValueError("The test is not inside of a folder named tests.")
            folder = above
        return os.path.dirname(folder)
