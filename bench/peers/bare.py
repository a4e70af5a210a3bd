"""The limit of our parts: Falcon with an answer of the same size, and nothing behind it."""

import json

import falcon
from falcon.asgi import App, Request, Response

ANSWER = json.dumps(
    {
        "id": 1,
        "email": "bench@example.com",
        "username": "bench",
        "full_name": None,
        "role": "user",
        "is_active": True,
        "is_verified": False,
        "created_at": "2026-01-01T00:00:00.000000Z",
    }
)


class Me:
    async def on_get(self, req: Request, resp: Response) -> None:
        del req
        resp.content_type = falcon.MEDIA_JSON
        resp.text = ANSWER


app = App()
app.add_route("/me", Me())
