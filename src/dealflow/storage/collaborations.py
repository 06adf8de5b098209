"""Collaborations."""

from sqlalchemy import and_, bindparam

from dealflow.core.about import DEAL, LEAD, PARTY
from dealflow.core.collaboration import Collaboration
from dealflow.core.party import ORGANIZATION
from dealflow.storage import schema
from dealflow.storage.links import link_conditions, named
from dealflow.storage.records import Records

_c = schema.collaboration.c

collaborations = Records(
    "collaboration",
    schema.collaboration,
    Collaboration,
    conditions={
        **link_conditions(named((DEAL, PARTY, LEAD, ORGANIZATION), _c.resource, _c.record_id)),
        "creator": _c.creator_id == bindparam("creator_id"),
        "same": and_(
            _c.resource == bindparam("of_resource"),
            _c.record_id == bindparam("of_record"),
            _c.collaborator_id == bindparam("collaborator_id"),
        ),
    },
    orders={"id": _c.id, "created_at": _c.created_at, "updated_at": _c.updated_at},
)
