"""The older place of what is in st2common.runners now."""
