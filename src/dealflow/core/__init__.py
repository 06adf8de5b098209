"""The sales-pipeline domain, pure: standard library only, no clock, no database, no wire format.

Instants are `Instant`, whole microseconds since 1970 in UTC. Money is `Amount`, whole ten-thousandths of a
currency's unit. Both are integers, as the database keeps them, so sums are exact and comparisons are cheap
(docs/decisions/0003).
"""
