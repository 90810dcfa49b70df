DEFAULT_PACK_NAME = "default"
SYSTEM_PACK_NAME = "core"
SYSTEM_PACK_NAMES = ["chatops", "core", "default", "packs"]
USER_PACK_NAME_BLACKLIST = ["_global"]
MANIFEST_FILE_NAME = "pack.yaml"
CONFIG_SCHEMA_FILE_NAME = "config.schema.yaml"
PACK_REF_WHITELIST_REGEX = r"^[a-z0-9_]+$"
