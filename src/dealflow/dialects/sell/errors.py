"""What went wrong, in Sell's words (contract 1.5)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from itertools import pairwise
from typing import Any, Final, NamedTuple

from dealflow.core.errors import Conflict, DealflowError, Forbidden, Invalid, NotFound, StoreFull, Unavailable
from dealflow.core.fields import FieldInvalid
from dealflow.wire import (
    BadHeader,
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

MORE_INFO: Final = "https://developers.getbase.com/docs/rest/articles/errors"

# What the core calls otherwise.
RESOURCES: Final[Mapping[str, str]] = {
    "activity": "task",
    "field": "custom_field",
    "label": "tag",
    "organization": "contact",
    "party": "contact",
    "person": "contact",
    "sales_order": "order",
}
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "deals": {
        "expected_close": "estimated_close_date",
        "organization_id": "contact_id",
        "person_id": "contact_id",
        "pipeline_id": "stage_id",
        "probability": "customized_win_likelihood",
        "started_at": "added_at",
        "title": "name",
    },
    "contacts": {
        "emails": "email",
        "organization_id": "contact_id",
        "parent_id": "parent_organization_id",
        "phones": "phone",
    },
    "calls": {"about": "resource_id", "deal_ids": "associated_deal_ids", "duration_s": "duration"},
    "collaborations": {"about": "resource_id"},
    "notes": {"about": "resource_id"},
    "tasks": {"about": "resource_id", "subject": "content"},
}
# Resources that live below others, and those whose name is not that of their path.
BELOW: Final = frozenset({"associated_contacts", "custom_fields", "industries", "line_items"})
SINGULARS: Final[Mapping[str, str]] = {
    "deal_sources": "source",
    "industries": "industry",
    "lead_sources": "source",
    "lead_statuses": "lead_status",
    "sync": "sync_session",
}
# These report their attributes as `/data/name`.
UNDER_DATA: Final = frozenset({"products", "orders", "line_items"})
SHOWN_OF_ID: Final = 40
# The attribute's message for each code.
MESSAGES: Final[Mapping[str, str]] = {
    "unknown": "unknown attribute",
    "missing": "attribute is missing",
    "blank": "attribute is blank",
    "already_exists": "attribute value already exists",
    "invalid_type": "attribute type is invalid",
    "incorrect_value": "attribute value is incorrect",
}


# What cannot even be read, by the part of the request.
UNREADABLE: Final[Mapping[str, tuple[str, str]]] = {
    "body": ("invalid_payload", "invalid request payload"),
    "header": ("invalid_header", "invalid request header"),
    "query": ("invalid_param", "invalid request query parameter"),
}


PART_OUT_OF_BOUNDS: Final = {414: "query", 431: "header"}


class Problem(NamedTuple):
    """What is wrong with one attribute. `field` is its name, nested ones with slashes: `address/city`."""

    code: str
    field: str
    details: str


class Rejected(DealflowError):
    """Attributes of a body break rules: 422, each with its own code."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{each.field}: {each.code}" for each in problems))
        self.problems = problems


class BadForm(DealflowError):
    """The body is JSON, but not `{"data": {…}}`: 422."""


class BadParameter(DealflowError):
    """A query parameter that is unknown, or whose value is not allowed: 400."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name
        self.why = why


class Ambiguous(DealflowError):
    """An upsert that several records match: 409."""

    def __init__(self, resource: str) -> None:
        super().__init__(resource)
        self.resource = resource


class Gone(DealflowError):
    """A position that is older than what is kept: 410."""


def rejected(code: str, field: str, details: str) -> Rejected:
    """One problem of one attribute."""
    return Rejected([Problem(code, field, details)])


def resource_of(path: str) -> str:
    """The resource that a path of the API is about: `/v2/loss_reasons/3` is about a loss_reason."""
    words = [word for word in path.split("/")[2:] if word]
    return _singular(next((word for word in words[1:] if word in BELOW), next(iter(words), "")))


def resource_with(path: str, text: str) -> str:
    """The resource whose id a part of a path is meant to be: of `/v2/deals/x/associated_contacts` a deal."""
    parts = path.split("/")[2:]
    return next(
        (_singular(before) for before, part in pairwise(parts) if part[:SHOWN_OF_ID] == text), resource_of(path)
    )


def _singular(plural: str) -> str:
    return SINGULARS.get(plural, plural.removesuffix("s"))


def errors_reply(status: int, errors: list[dict[str, Any]], request: Request) -> Reply:
    """The envelope of all errors."""
    links = {"links": {"more_info": MORE_INFO}}
    content = {
        "errors": [{"error": error, "meta": {"type": "error", **links}} for error in errors],
        "meta": {
            "type": "errors",
            "http_status": f"{status} {HTTPStatus(status).phrase}",
            "logref": request.id.decode(),
            **links,
        },
    }
    return Reply(status, content)


def attribute_error(problem: Problem, path: str) -> dict[str, Any]:
    """The error object of a problem."""
    resource = resource_of(path)
    words = [word for word in path.split("/")[2:] if word]
    under = "/data/" if UNDER_DATA.intersection(words) else "/"
    pointer = f"{under}{problem.field}"
    details = problem.details
    if problem.code == "unknown":
        details = f"The attribute '{pointer}' is not a known attribute for the '{resource}' resource."
    elif not details[:1].isupper():
        details = f"The attribute '{pointer}' {details}"
    return {
        "resource": resource,
        "field": pointer,
        "code": problem.code,
        "message": MESSAGES[problem.code],
        "details": details,
    }


def _problem(error: Invalid, path: str) -> Problem:
    """What the core refused, as a problem of an attribute."""
    words = path.split("/")
    known = WORDS.get(words[2] if len(words) > 2 else "", {})
    field = known.get(error.field, error.field)
    if isinstance(error, FieldInvalid):
        field = f"custom_fields/{field}"
    code = "incorrect_value"
    if error.reason == "is required":
        code = "missing"
    elif error.reason == "must not be empty":
        code = "blank"
    elif isinstance(error, Conflict) and "already" in error.reason:
        code = "already_exists"
    return Problem(code, field, error.reason)


def _plain(code: str, message: str, details: str, **more: str) -> list[dict[str, Any]]:
    return [{**more, "code": code, "message": message, "details": details}]


def _not_found(error: NotFound) -> list[dict[str, Any]]:
    resource = RESOURCES.get(error.kind, error.kind)
    which = "" if error.record_id is None else f" with the id '{error.record_id}'"
    details = f"Resource of the type '{resource}'{which} was not found."
    return _plain("not_found", "resource you are looking for was not found", details, resource=resource)


def error_reply(error: Exception, request: Request) -> Reply:
    """The reply to anything that can be raised; what is not listed is a 500 without details."""
    status, errors, headers = _told(error, request)
    reply = errors_reply(status, errors, request)
    reply.headers = headers
    return reply


_Told = tuple[int, list[dict[str, Any]], tuple[tuple[bytes, bytes], ...]]


def _told(error: Exception, request: Request) -> _Told:  # noqa: C901, PLR0912  one row a kind
    match error:
        case Rejected():
            return 422, [attribute_error(each, request.path) for each in error.problems], ()
        case Invalid():
            return 422, [attribute_error(_problem(error, request.path), request.path)], ()
        case NotFound():
            return 404, _not_found(error), ()
        case NoRoute():
            return 404, _plain("not_found", "Not Found", f"Requested path '{request.path}' was not found."), ()
        case WrongMethod():
            allowed = ", ".join(error.allowed)
            details = f"The path does not take {request.method}; it takes {allowed}."
            return 405, _plain("incorrect_path", "method not allowed", details), ((b"Allow", allowed.encode()),)
        case Unauthorized():
            details = "The required access token is either missing, malformed, expired or invalid."
            return 401, _plain("unauthorized", "request is unauthorized", details), ()
        case ScopeMissing():
            details = "The access token was not granted the scope that this request needs."
            return 403, _plain("insufficient_scope", "request scope is insufficient", details), ()
        case Forbidden():
            details = "The user may not do this."
            return 403, _plain("insufficient_scope", "request scope is insufficient", details), ()
        case BadParameter():
            told = "is malformed, missing, or has an invalid value"
            details = f"The request query parameter '{error.name}' {told} ({error.why})"
            return 400, _plain("invalid_param", "invalid request query parameter", details), ()
        case BadHeader():
            message = "invalid request header"
            return error.status, _plain(error.code, message, f"The request header '{error.name}' {error}."), ()
        case BadForm():
            return 422, _plain("incorrect_payload", "incorrect request payload", str(error)), ()
        case BadRequest():
            code, message = UNREADABLE[error.part]
            return 400, _plain(code, message, f"The request {error.part} cannot be read: {error}."), ()
        case UnsupportedBody():
            return 415, _plain("invalid_header", "unsupported request body", f"The body cannot be read: {error}."), ()
        case OutOfBounds():
            code, message = UNREADABLE[PART_OUT_OF_BOUNDS.get(error.status, "body")]
            return error.status, _plain(code, message, f"The request cannot be read: {error}."), ()
        case TooLarge():
            return 413, _plain("invalid_payload", "request body is too large", "The request body is too large."), ()
        case Ambiguous():
            details = "More than one resource matches the given filters."
            return 409, _plain("conflict", "resource is ambiguous", details, resource=error.resource), ()
        case Gone():
            return 410, _plain("gone", "position is gone", "The position is older than the events that are kept."), ()
        case KeyReused():
            details = "The idempotency key was used with another request."
            return 400, _plain("invalid_header", "invalid request header", details), ()
        case OverLimit():
            wait = str(error.retry_after_s)
            details = f"The rate limit is exceeded; try again in {wait} s."
            return (
                429,
                _plain("rate_limit_exceeded", "rate limit exceeded", details),
                ((b"Retry-After", wait.encode()),),
            )
        case StoreFull():
            return 507, _plain("temporarily_unavailable", "no space left", "There is no space left to write."), ()
        case Unavailable():
            retry = ((b"Retry-After", str(error.retry_after_s).encode()),)
            details = "The service is temporarily unavailable."
            return 503, _plain("temporarily_unavailable", "service is unavailable", details), retry
        case _:
            return 500, _plain("server_error", "internal server error", "Something went wrong on our side."), ()
