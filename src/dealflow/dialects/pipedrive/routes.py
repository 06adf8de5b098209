"""Both tables, filled."""

from typing import Final

from dealflow.dialects.pipedrive.dialect import V1, V2
from dealflow.dialects.pipedrive.v1 import currencies as v1_currencies
from dealflow.dialects.pipedrive.v1 import deals as v1_deals
from dealflow.dialects.pipedrive.v1 import fields as v1_fields
from dealflow.dialects.pipedrive.v1 import organizations as v1_organizations
from dealflow.dialects.pipedrive.v1 import persons as v1_persons
from dealflow.dialects.pipedrive.v1 import pipelines as v1_pipelines
from dealflow.dialects.pipedrive.v1 import stages as v1_stages
from dealflow.dialects.pipedrive.v1 import statistics as v1_statistics
from dealflow.dialects.pipedrive.v1 import users as v1_users
from dealflow.dialects.pipedrive.v2 import deals as v2_deals
from dealflow.dialects.pipedrive.v2 import fields as v2_fields
from dealflow.dialects.pipedrive.v2 import organizations as v2_organizations
from dealflow.dialects.pipedrive.v2 import persons as v2_persons
from dealflow.dialects.pipedrive.v2 import pipelines as v2_pipelines
from dealflow.dialects.pipedrive.v2 import stages as v2_stages
from dealflow.wire import Routes

FILLED_BY: Final = (
    v1_currencies,
    v1_deals,
    v1_fields,
    v1_organizations,
    v1_persons,
    v1_pipelines,
    v1_stages,
    v1_statistics,
    v1_users,
    v2_deals,
    v2_fields,
    v2_organizations,
    v2_persons,
    v2_pipelines,
    v2_stages,
)

TABLES: Final[tuple[Routes, ...]] = (V1, V2)
