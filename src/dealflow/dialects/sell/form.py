"""Which attributes a resource takes, and how each is read (contract 1.5, 1.9, rules 5 and 11 of section 0).

A form reads the attributes of a body into the core's words and reports everything that is wrong with them at once.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Literal, NamedTuple

from dealflow.core.errors import Invalid
from dealflow.dialects.sell.errors import Problem, Rejected
from dealflow.dialects.sell.values import read_date, read_decimal, read_instant
from dealflow.wire import INT64

NAME_LENGTH: Final = 255
TEXT_LENGTH: Final = 65_536
MOST_PROBLEMS: Final = 50

Reader = Callable[[Any], Any]
Writing = Literal["always", "once", "never"]


class WrongType(Exception):
    """The value has another JSON type than the attribute; the text names the right one."""


class Attribute(NamedTuple):
    """`read` gives the core's value or raises WrongType or Invalid; null never reaches it.

    `word` is the core's word for it. `writing`: always, once (when the record is made) or never: a value given all
    the same is then passed over. A `required` attribute is never null or empty. `schema` is its JSON schema.
    """

    read: Reader
    schema: Mapping[str, Any]
    word: str | None = None
    required: bool = False
    writing: Writing = "always"
    nullable: bool = True


def _text(longest: int) -> Reader:
    def read(given: Any) -> str:
        if not isinstance(given, str):
            raise WrongType("a string")
        if len(given) > longest:
            raise Invalid("", f"must have at most {longest} characters")
        return given

    return read


def _integer(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise WrongType("an integer")
    if not -INT64 <= given <= INT64:
        raise Invalid("", "is out of range")
    return given


def _flag(given: Any) -> bool:
    if not isinstance(given, bool):
        raise WrongType("a boolean")
    return given


def _decimal(given: Any) -> Any:
    try:
        return read_decimal(given)
    except TypeError:
        raise WrongType("a number or a decimal in a string") from None
    except Invalid as error:
        raise Invalid("", error.reason) from None


def _instant(given: Any) -> Any:
    if not isinstance(given, str):
        raise WrongType("a timestamp in a string")
    try:
        return read_instant(given)
    except (ValueError, OverflowError):
        raise Invalid("", "must be a timestamp such as 2026-03-09T10:00:00Z") from None


def _date(given: Any) -> Any:
    if not isinstance(given, str):
        raise WrongType("a date in a string")
    try:
        return read_date(given)
    except (ValueError, OverflowError):
        raise Invalid("", "must be a date such as 2026-03-09") from None


def _names(given: Any) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise WrongType("a list of strings")
    names = list(dict.fromkeys(each.strip() for each in given))
    if any(not name or len(name) > NAME_LENGTH for name in names):
        raise Invalid("", f"must hold names of 1 to {NAME_LENGTH} characters")
    return names


def _integers(given: Any) -> list[int]:
    """One official client keeps ids as strings."""
    if isinstance(given, list):
        given = [int(each) if isinstance(each, str) and each.isdecimal() and len(each) < 20 else each for each in given]
    if not isinstance(given, list) or not all(type(each) is int and 0 < each <= INT64 for each in given):
        raise WrongType("a list of ids")
    return list(dict.fromkeys(given))


def _object(given: Any) -> dict[str, Any]:
    """PHP cannot tell an empty object from an empty list."""
    if given == []:
        return {}
    if not isinstance(given, dict):
        raise WrongType("an object")
    return given


def text(word: str | None = None, *, longest: int = NAME_LENGTH, **more: Any) -> Attribute:
    """A string."""
    return Attribute(_text(longest), {"type": "string", "maxLength": longest}, word, **more)


def integer(word: str | None = None, *, least: int | None = None, most: int | None = None, **more: Any) -> Attribute:
    """A whole number, within bounds if there are any."""

    def read(given: Any) -> int:
        number = _integer(given)
        if (least is not None and number < least) or (most is not None and number > most):
            bound = f"less than or equal to {most}" if most is not None and number > most else f"at least {least}"
            raise Invalid("", f"Ensure this value is {bound}.")
        return number

    bounds = {key: bound for key, bound in (("minimum", least), ("maximum", most)) if bound is not None}
    return Attribute(read, {"type": "integer", **bounds}, word, **more)


def link(word: str | None = None, **more: Any) -> Attribute:
    """The id of another record; whether that exists is for others to find out."""
    return Attribute(_integer, {"type": "integer"}, word, **more)


def flag(word: str | None = None, **more: Any) -> Attribute:
    """True or false."""
    return Attribute(_flag, {"type": "boolean"}, word, nullable=False, **more)


def decimal(word: str | None = None, **more: Any) -> Attribute:
    """An amount: a number or text with one, rounded half up to two decimals."""
    return Attribute(_decimal, {"type": ["number", "string"]}, word, **more)


def instant(word: str | None = None, **more: Any) -> Attribute:
    """A timestamp."""
    return Attribute(_instant, {"type": "string", "format": "date-time"}, word, **more)


def day(word: str | None = None, **more: Any) -> Attribute:
    """A date; of a timestamp its UTC date."""
    return Attribute(_date, {"type": "string"}, word, **more)


def choice(allowed: Collection[str], word: str | None = None, **more: Any) -> Attribute:
    """One of a few words."""

    def read(given: Any) -> str:
        if not isinstance(given, str):
            raise WrongType("a string")
        if given not in allowed:
            raise Invalid("", "value is not included in the list")
        return given

    return Attribute(read, {"type": "string", "enum": sorted(allowed)}, word, **more)


def names(word: str | None = None, **more: Any) -> Attribute:
    """A list of names; repeats are left out."""
    return Attribute(_names, {"type": "array", "items": {"type": "string"}}, word, nullable=False, **more)


def ids(word: str | None = None, **more: Any) -> Attribute:
    """A list of ids; repeats are left out."""
    return Attribute(_integers, {"type": "array", "items": {"type": "integer"}}, word, nullable=False, **more)


def mapping(word: str | None = None, **more: Any) -> Attribute:
    """An object, read further by who knows what is in it."""
    return Attribute(_object, {"type": "object"}, word, **more)


def nothing() -> Attribute:
    """Something that only the server writes: whatever is given is passed over."""
    return Attribute(lambda given: given, {}, writing="never")


class Form:
    """The attributes of a resource by name."""

    def __init__(self, attributes: Mapping[str, Attribute]) -> None:
        self.attributes = attributes

    def read(self, data: Mapping[str, Any], shown: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What is given, by the core's words. Raises Rejected with everything that is wrong.

        `shown` is the record as it was last answered, None when it is being made: whatever a client sends back as it
        got it counts as not given.
        """
        given: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, value in data.items():
            attribute = self.attributes.get(name)
            if attribute is None:
                problems.append(Problem("unknown", pointed(name[:120]), ""))
            elif attribute.writing != "never" and not _is_shown(attribute, name, value, shown):
                problem = _read_into(given, name, attribute, value, is_new=shown is None)
                if problem is not None:
                    problems.append(problem)
        if shown is None:
            problems += [
                Problem("missing", name, "is required.")
                for name, attribute in self.attributes.items()
                if attribute.required and name not in data
            ]
        if problems:
            raise Rejected(problems[:MOST_PROBLEMS])
        return given

    def schema(self, *, creating: bool) -> dict[str, Any]:
        """The JSON schema of the object under `data`."""
        written = {name: each for name, each in self.attributes.items() if each.writing != "never"}
        required = [name for name, each in written.items() if each.required] if creating else []
        shape: dict[str, Any] = {
            "type": "object",
            "properties": {name: _schema(each) for name, each in written.items()},
        }
        return {**shape, "required": required} if required else shape


def _schema(attribute: Attribute) -> Mapping[str, Any]:
    if attribute.required or not attribute.nullable:
        return attribute.schema
    return {"anyOf": [attribute.schema, {"type": "null"}]}


def _is_shown(attribute: Attribute, name: str, value: Any, shown: Mapping[str, Any] | None) -> bool:
    if shown is None or name not in shown:
        return False
    before = shown[name]
    if before is None or value is None:
        return before is value
    if value == before and type(value) is type(before):
        return True
    try:
        return bool(attribute.read(value) == attribute.read(before))
    except (WrongType, Invalid):
        return False


def _read_into(given: dict[str, Any], name: str, attribute: Attribute, value: Any, *, is_new: bool) -> Problem | None:
    """Read one attribute; the problem with it, if there is one."""
    word = attribute.word or name
    if not is_new and attribute.writing == "once":
        return Problem("incorrect_value", name, "cannot be changed.")
    if value is None or (isinstance(value, str) and not value.strip() and attribute.required):
        if attribute.required:
            return Problem("blank", name, "must not be blank.")
        if not attribute.nullable:
            return Problem("invalid_type", name, "must not be null.")
        given[word] = None
        return None
    try:
        given[word] = attribute.read(value)
    except WrongType as error:
        return Problem("invalid_type", name, f"must be {error}.")
    except Invalid as error:
        return Problem("incorrect_value", f"{name}{_below(error.field)}", error.reason)
    return None


def pointed(name: str) -> str:
    """A name as a step of a JSON Pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")


def _below(field: str) -> str:
    return f"/{field}" if field else ""
