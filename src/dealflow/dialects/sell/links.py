"""`resource_type` and `resource_id`: the record that a note, a task, a call and the like is about (contract 6.4 k)."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from dealflow.core.about import DEAL, LEAD, PARTY, About
from dealflow.core.party import ORGANIZATION
from dealflow.dialects.sell.errors import rejected
from dealflow.dialects.sell.form import Attribute, choice, link
from dealflow.dialects.sell.lists import Where

KINDS: Final[Mapping[str, str]] = {"contact": PARTY, "deal": DEAL, "lead": LEAD, "sales_account": ORGANIZATION}
TYPES: Final[Mapping[str, str]] = {kind: word for word, kind in KINDS.items()}


def show_link(about: About | None) -> tuple[str | None, int | None]:
    """Type and id; null both for what is about nothing."""
    return (None, None) if about is None else (TYPES[about.kind], about.id)


def link_attributes(types: Collection[str], **more: Any) -> dict[str, Attribute]:
    """The two attributes of a form."""
    return {"resource_type": choice(types, **more), "resource_id": link(**more)}


def read_link(given: dict[str, Any], shown: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What is given, with `about` in the place of type and id: a record, or None for none.

    One of the two alone goes with the other as it was shown. Raises Rejected if one of them is left without the other.
    """
    if "resource_type" not in given and "resource_id" not in given:
        return given
    before = shown or {}
    type_ = given.pop("resource_type", before.get("resource_type"))
    record_id = given.pop("resource_id", before.get("resource_id"))
    if (type_ is None) != (record_id is None):
        absent, present = ("resource_type", "resource_id") if type_ is None else ("resource_id", "resource_type")
        raise rejected("missing", absent, f"must be given together with '/{present}'.")
    given["about"] = None if type_ is None else About(KINDS[type_], record_id)
    return given


def link_filter(resource_type: str | None, resource_id: int | None) -> Where:
    """The conditions of a list; of type `none` are rows about nothing."""
    this = {"about_id": resource_id}
    kind = None if resource_type is None else KINDS.get(resource_type)
    if kind is not None:
        return {f"about_{kind}": {}} if resource_id is None else {f"about_this_{kind}": this}
    where: Where = {} if resource_type is None else {"about_nothing": {}}
    return where if resource_id is None else {**where, "about_id": this}
