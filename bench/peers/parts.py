"""
The parts of a who-am-I, and nothing else: Falcon, one signature, one statement.

PyJWT checks the token, psycopg's pool lends a connection, a prepared statement reads a row.
"""

import json
import os
from typing import Any

import falcon
import jwt
from falcon.asgi import App, Request, Response
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

SECRET = "x" * 64
POOL = 10

MAKE = """
CREATE TABLE IF NOT EXISTS users (
    id bigint PRIMARY KEY, email text, username text, full_name text, role text,
    is_active boolean, is_verified boolean, created_at text
)
"""
FILL = """
INSERT INTO users VALUES (1, 'bench@example.com', 'bench', NULL, 'user', TRUE, FALSE, '2026-01-01T00:00:00Z')
ON CONFLICT DO NOTHING
"""
READ = "SELECT * FROM users WHERE id = %s"

pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
    os.environ["DATABASE_URL"],
    kwargs={"autocommit": True, "row_factory": dict_row},
    min_size=POOL,
    max_size=POOL,
    open=False,
)


class Opened:
    async def process_startup(self, scope: object, event: object) -> None:
        del scope, event
        await pool.open(wait=True)
        async with pool.connection() as connection:
            await connection.execute(MAKE)
            await connection.execute(FILL)


class Me:
    async def on_get(self, req: Request, resp: Response) -> None:
        token = req.get_header("Authorization", required=True).removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, SECRET, ["HS256"])
        except jwt.InvalidTokenError:
            raise falcon.HTTPUnauthorized from None
        async with pool.connection() as connection:
            cursor = await connection.execute(READ, [int(claims["sub"])])
            user = await cursor.fetchone()
        resp.content_type = falcon.MEDIA_JSON
        resp.text = json.dumps(user)


app = App(middleware=[Opened()])
app.add_route("/me", Me())
