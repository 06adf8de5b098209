"""Searching deals (contract 3.3)."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from dealflow.core import money
from dealflow.core.deal import Deal
from dealflow.dialects.sell.v2.deals import Shown
from dealflow.dialects.sell.v3.searched import Resource, Show, Word, custom_by_id, same
from dealflow.dialects.sell.values import cents
from dealflow.storage import deals, pipelines
from dealflow.storage.search import Branch, Leaf, Node, Place
from dealflow.storage.search_subjects import DEALS
from dealflow.storage.tx import Tx


def _in_shown_stages(tx: Tx, ids: Sequence[int]) -> Node:
    """Open deals in some of the stages, and closed ones whose pipelines show their outcome as one of them."""
    stages = pipelines.stages.by_id(tx, ids).values()
    open_ids = tuple(stage.id for stage in stages if stage.category == "open")
    ways: list[Node] = [
        Branch(
            "all",
            (
                Leaf(Place("outcome"), "among", (stage.category,)),
                Leaf(Place("pipeline_id"), "among", (stage.pipeline_id,)),
            ),
        )
        for stage in stages
        if stage.category != "open"
    ]
    if open_ids:
        is_open = Leaf(Place("outcome"), "among", ("open",))
        ways.append(Branch("all", (is_open, Leaf(Place("stage_id"), "among", open_ids))))
    return Branch("any", tuple(ways))


def _show_deals(tx: Tx, found: Sequence[Deal]) -> Show:
    shown = Shown(tx, [deal._replace(custom_fields="{}") for deal in found])
    custom = custom_by_id(tx, ["deal"], [deal.custom_fields for deal in found])

    def show(deal: Deal) -> dict[str, Any]:
        data = msgspec.structs.asdict(shown.out(deal))
        data["decimal_value"] = data["value"] = money.number(cents(deal.value))
        data["added_at"] = data["added_at"][:10]
        data["pipeline_id"] = deal.pipeline_id
        data["custom_fields"] = custom(deal.custom_fields)
        return data

    return show


DEAL_SEARCH: Final = Resource(
    path="deals",
    type="deal",
    search=DEALS,
    words={
        **same("id", "creator_id", "owner_id", "contact_id", "organization_id", "currency", "hot", "pipeline_id"),
        **same("source_id", "loss_reason_id", "unqualified_reason_id", "last_activity_at", "created_at", "updated_at"),
        "name": Word("title"),
        "decimal_value": Word("value"),
        "value": Word("value"),
        "stage_id": Word("shown_stage_id", equals=_in_shown_stages),
        "last_stage_change_at": Word("sell_stage_changed_at"),
        "last_stage_change_by_id": Word("sell_stage_changed_by_id"),
        "estimated_close_date": Word("expected_close"),
        "customized_win_likelihood": Word("probability"),
        "added_at": Word("started_at", "date"),
        "tags": Word("label_ids"),
    },
    seen=lambda viewer: {"not_deleted": {}, **deals.visible_to(viewer)},
    show=_show_deals,
    shown=frozenset({"dropbox_email"}),
    fields={"": "deal"},
    labels="deal",
)
