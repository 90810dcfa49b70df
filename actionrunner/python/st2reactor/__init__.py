"""The modules of StackStorm's reactor that sensors of packs import."""
