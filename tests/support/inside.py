"""What no answer may show: how the server works inside."""

import re
from typing import Final

INSIDE: Final = re.compile(
    rb"Traceback|File \\?\"|\.py\b|sqlite|psycopg|sqlalchemy|postgres|constraint failed|msgspec|0x[0-9a-f]{8,}|root:x:|"
    rb"SELECT \w+\.|INSERT INTO \w+ \(|UPDATE \w+ SET|DELETE FROM \w+ WHERE \w+\.",
    re.IGNORECASE,
)
