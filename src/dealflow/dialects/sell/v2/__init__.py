"""The Core API, version 2."""
