"""What actions and sensors of packs may import of StackStorm, and nothing more. Needs only the standard library."""

__version__ = "3.9.0"
