"""Base classes of packs' unit tests."""
