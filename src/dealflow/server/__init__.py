"""The server: which route, whose token, which thread, what happens when it fails. Knows every dialect by its table."""
