"""Where packs are."""

import os

__all__ = ["get_pack_base_path", "get_pack_directory", "get_packs_base_paths", "get_pack_resource_file_abs_path"]


def get_packs_base_paths():
    return [path for path in os.environ.get("ST2_PACKS_BASE_PATHS", "packs").split(":") if path]


def get_pack_base_path(pack_name, include_trailing_slash=False):
    """The folder of a pack; the last of several of one name, as when packs are registered."""
    candidates = [os.path.abspath(os.path.join(base, pack_name)) for base in get_packs_base_paths()]
    found = [path for path in candidates if os.path.isdir(path)]
    path = (found or candidates)[-1]
    return path + os.sep if include_trailing_slash else path


def get_pack_directory(pack_name):
    path = get_pack_base_path(pack_name)
    return path if os.path.isdir(path) else None


def get_pack_resource_file_abs_path(pack_ref, resource_type, file_path):
    base = os.path.join(get_pack_base_path(pack_ref), "%ss" % resource_type)
    path = os.path.abspath(os.path.join(base, file_path))
    if os.path.commonpath([os.path.realpath(base), os.path.realpath(path)]) != os.path.realpath(base):
        raise ValueError("The file %s is not inside of the pack." % file_path)
    return path
