"""SQLAlchemy Core statements on SQLite and PostgreSQL: what is kept and how it is found.

Functions take a `Tx` first and never commit, read a clock or look at another company. Nothing here knows a wire
format, a rule of the domain that is not a constraint, or a thread. The rules of the schema and of statements are
those of docs/storage.md; tests/storage holds them up.
"""
