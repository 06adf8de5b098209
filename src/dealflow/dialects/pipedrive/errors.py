"""What went wrong, in Pipedrive's words (contract 1.4, 6.1, 6.2)."""

import re
import uuid
from collections.abc import Mapping
from typing import Any, Final

from dealflow.core.errors import Conflict, Forbidden, Invalid, NotFound, StoreFull, Unavailable
from dealflow.core.fields import FieldInvalid
from dealflow.wire import (
    BadRequest,
    KeyReused,
    NoRoute,
    OutOfBounds,
    OverLimit,
    Reply,
    Request,
    ScopeMissing,
    TooLarge,
    Unauthorized,
    UnsupportedBody,
    WrongMethod,
)

SHORT_INFO: Final = "Please check developers.pipedrive.com"
LONG_INFO: Final = "Please check developers.pipedrive.com for more information about Pipedrive API."

# Words of the core that are called otherwise on the wire.
WORDS_V2: Final[Mapping[str, str]] = {
    "expected_close": "expected_close_date",
    "likelihood": "deal_probability",
    "loss_reason": "lost_reason",
    "organization_id": "org_id",
    "outcome": "status",
    "rot_days": "days_to_rotten",
    "visibility": "visible_to",
}
WORDS_V1: Final[Mapping[str, str]] = {**WORDS_V2, "rot_days": "rotten_days"}
WORDS_OF_V1_DEALS: Final[Mapping[str, str]] = {**WORDS_V1, "owner_id": "user_id"}

NAMES: Final[Mapping[str, str]] = {
    "deal": "Deal",
    "field": "Field",
    "filter": "Filter",
    "follower": "Follower",
    "organization": "Organization",
    "participant": "Participant",
    "person": "Person",
    "pipeline": "Pipeline",
    "stage": "Stage",
}


def general(status: int, error: str, **more: Any) -> Reply:
    """The general form, keys of `more` behind its own."""
    content = {"success": False, "error": error, "error_info": LONG_INFO, "data": None, "additional_data": None, **more}
    return Reply(status, content)


def _short(status: int, error: str) -> Reply:
    return Reply(status, {"success": False, "error": error, "errorCode": status, "error_info": SHORT_INFO})


def _permission() -> Reply:
    content = {
        "success": False,
        "error": "You do not have permissions to do this.",
        "error_info": SHORT_INFO,
        "data": None,
        "additional_data": None,
    }
    return Reply(403, content)


def _unauthorized(error: Unauthorized) -> Reply:
    if error.malformed:
        return _short(400, "Invalid request: malformed authorization header")
    reply = _short(401, "Invalid token: `access_token` is invalid" if error.bearer else "unauthorized access")
    reply.headers = ((b"X-401-By-Gw", b"true"), (b"X-Correlation-Id", str(uuid.uuid4()).encode()))
    return reply


def _not_found(error: NotFound) -> Reply:
    if error.kind == "user":
        return Reply(404, {"success": False, "error": "User not found or not accessible."})
    return general(404, f"{NAMES.get(error.kind, error.kind.capitalize())} not found")


def _validation(error: Invalid) -> Reply:
    """Contract 6.1."""
    word = WORDS_V2.get(error.field, error.field)
    reason = re.sub("must be int (?=[<>])", "must be ", error.reason)
    content = {
        "success": False,
        "error": f"Validation failed: {word}: {reason}",
        "code": "ERR_SCHEMA_VALIDATION_FAILED",
        "error_info": SHORT_INFO,
        "data": None,
        "additional_data": None,
    }
    if isinstance(error, FieldInvalid):
        content["field_code"] = error.key
    return Reply(400, content)


def _invalid_v1(error: Invalid, request: Request) -> Reply:
    words = WORDS_OF_V1_DEALS if "/deals" in request.path else WORDS_V1
    word = words.get(error.field, error.field)
    missing = error.reason in ("is required", "must not be empty")
    if word == "title" and missing:
        return general(400, "Deal title must be given.")
    if word == "name" and missing:
        return general(400, "Name must be given.")
    if word == "field_type" and missing:
        return general(400, "Field type must be given.")
    return general(400, "Bad request", error_details={"field": word, "reason": error.reason})


def error_reply(error: Exception, request: Request, *, version: int) -> Reply:  # noqa: C901, PLR0912  one row a kind
    """The reply to anything that can be raised; what is not listed is a 500 without details."""
    match error:
        case Unauthorized():
            return _unauthorized(error)
        case Spelled():
            return general(400, str(error))
        case Conflict() if version == 2 and error.field in NAMES:
            return general(400, f"{NAMES[error.field]} {error.reason}")
        case Invalid():
            return _validation(error) if version == 2 else _invalid_v1(error, request)
        case NotFound():
            return _not_found(error)
        case NoRoute():
            return general(404, "Not found")
        case WrongMethod():
            reply = general(405, "Method not allowed")
            reply.headers = ((b"Allow", ", ".join(error.allowed).encode()),)
            return reply
        case Forbidden():
            return _permission()
        case ScopeMissing():
            return _short(403, "Scope and URL mismatch")
        case BadRequest():
            return _validation(Invalid("body", str(error))) if version == 2 else general(400, "Bad request")
        case UnsupportedBody():
            return general(415, str(error))
        case OutOfBounds():
            return Reply(error.status, {"success": False, "error": str(error)})
        case TooLarge():
            return general(413, "Request body is too large")
        case OverLimit():
            reply = _short(429, "Request over limit")
            reply.headers = ((b"Retry-After", str(error.retry_after_s).encode()),)
            return reply
        case KeyReused():
            return general(400, "Idempotency-Key was used with another request")
        case StoreFull():
            return general(507, "No space left to write")
        case Unavailable():
            reply = general(503, "Service temporarily unavailable")
            reply.headers = ((b"Retry-After", str(error.retry_after_s).encode()),)
            return reply
        case _:
            return general(500, "Internal server error")


class Spelled(Invalid):
    """A 400 whose text the vendor fixed."""

    def __init__(self, text: str) -> None:
        super().__init__("", text)

    def __str__(self) -> str:
        return self.reason
