"""What can go wrong, in domain words. Each dialect maps these to its own replies, once.

DealflowError
├── NotFound      no such record, or one the user may not see
├── Invalid       a value that breaks a rule; names the field
│   └── Conflict  the value is fine, the present state forbids it
├── Forbidden     the user may not do this
└── Unavailable   the store cannot answer now; trying again later may work
    └── StoreFull no space left to write; reads go on
"""


class DealflowError(Exception):
    """Anything the domain refuses."""


class NotFound(DealflowError):
    """There is no such record in this company, or the user may not see it."""

    def __init__(self, kind: str, record_id: int | str | None = None) -> None:
        super().__init__(f"{kind} not found")
        self.kind = kind
        self.record_id = record_id


class Invalid(DealflowError):
    """`field` is named in the domain's words; `reason` is a short phrase such as "must not be empty"."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class Conflict(Invalid):
    """The present state of the record forbids the change."""


class Forbidden(DealflowError):
    """The user lacks the permission."""


class Unavailable(DealflowError):
    """The store cannot answer now. `retry_after_s` is a hint in seconds."""

    def __init__(self, reason: str, retry_after_s: int = 1) -> None:
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class StoreFull(Unavailable):
    """The store has no space left; nothing was written."""
