"""Custom fields and labels."""

import msgspec
from sqlalchemy import bindparam

from dealflow.storage import schema
from dealflow.storage.records import Records
