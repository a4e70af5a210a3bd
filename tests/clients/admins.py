"""Administrators, whom only an operator makes."""

from tests.http.api import PASSWORD, Api, Person
from tests.servers.service import Service


def admin(auth: Service) -> Person:
    """Return a new administrator."""
    admin = Person.new()
    made = auth.run(
        "create-admin", "--email", admin.email, "--username", admin.username,
        "--password", PASSWORD,
    )  # fmt: skip
    assert 0 == made.returncode, made.stderr
    return admin


def admins_token(auth: Service) -> str:
    """Return the access token of a new administrator."""
    with auth.client() as client:
        return str(Api(client).session(admin(auth))["access_token"])
