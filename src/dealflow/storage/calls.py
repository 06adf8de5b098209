"""Calls, text messages and visits."""

from sqlalchemy import bindparam, func

from dealflow.core.call import Call, TextMessage, Visit
from dealflow.storage import schema
from dealflow.storage.links import link_conditions, two_links
from dealflow.storage.records import Records

_c, _t, _v = schema.call.c, schema.text_message.c, schema.visit.c

calls = Records(
    "call",
    schema.call,
    Call,
    conditions={
        **link_conditions(two_links(schema.call)),
        "of_deal": func.replace(func.replace(_c.deal_ids, "[", ","), "]", ",").like(
            bindparam("deal_pattern"), escape="\\"
        ),
    },
    orders={"id": _c.id, "made_at": _c.made_at},
)
text_messages = Records(
    "text_message",
    schema.text_message,
    TextMessage,
    conditions=link_conditions(two_links(schema.text_message)),
    orders={"id": _t.id, "created_at": _t.created_at, "updated_at": _t.updated_at, "sent_at": _t.sent_at},
)
visits = Records(
    "visit",
    schema.visit,
    Visit,
    conditions={
        **link_conditions(two_links(schema.visit)),
        "creator": _v.creator_id == bindparam("creator_id"),
        "outcome": _v.outcome_id == bindparam("outcome_id"),
        "verification": _v.verification == bindparam("of_verification"),
    },
    orders={"id": _v.id, "visited_at": _v.visited_at},
)


def of_deal(deal_id: int) -> dict[str, dict[str, object]]:
    """The condition that leaves the calls that belong to a deal: `[3,14]` is searched as `,3,14,`."""
    return {"of_deal": {"deal_pattern": f"%,{deal_id},%"}}
