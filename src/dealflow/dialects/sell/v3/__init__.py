"""Search, streams and the mapping of custom fields, version 3."""
