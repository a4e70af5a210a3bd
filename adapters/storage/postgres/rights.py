"""What the role in the URL may do with our tables."""

from collections.abc import Sequence

from adapters.storage.postgres.connection import first
from adapters.storage.postgres.database import Database
from adapters.storage.records import KEPT

MISSING = """
SELECT needed.action || ' on ' || needed.name
FROM (
    SELECT action, name
    FROM unnest(%(tables)s::text[]) AS name,
        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS action
) AS needed
WHERE NOT has_table_privilege(to_regclass(needed.name), needed.action)
UNION ALL
SELECT 'SELECT on schema_migrations'
WHERE NOT has_table_privilege(to_regclass('schema_migrations'), 'SELECT')
ORDER BY 1
"""


async def missing(database: Database) -> Sequence[str]:
    """Return the rights that have to be granted, as GRANT writes them."""
    tables = [kept.record.table for kept in KEPT.values()]
    return await database.read(first, MISSING, tables=tables)
