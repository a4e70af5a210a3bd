"""How an account that exists becomes an administrator's."""

from collections.abc import Sequence

from core.model import Role, User

MONGODB = """db.users.updateOne({{{field}: {value}}}, {{$set: {{role: "admin"}}}})"""
SQL = "UPDATE users SET role = 'admin' WHERE {field} = {value};"


def promotion(storage_url: str, user: User | None, username: str) -> Sequence[str]:
    """
    Return what to do where an address, of this user, or else the username is taken.

    There is no command for it: who may write to the storage may do so.
    """
    in_mongodb = storage_url.startswith("mongodb")
    if user is None:  # the username, which is letters, digits, _ and - only
        field, quote = "username_key", '"' if in_mongodb else "'"
        return [
            "An account with another address has it: choose another username.",
            *_statement(storage_url, field, f"{quote}{username.lower()}{quote}"),
        ]
    if user.role is Role.ADMIN:
        return [f"It is user {user.id}, {user.username}, an administrator already."]
    return [
        f"It is user {user.id}, {user.username}, who keeps the password they have.",
        *_statement(storage_url, "_id" if in_mongodb else "id", str(user.id)),
    ]


def _statement(storage_url: str, field: str, value: str) -> Sequence[str]:
    template = MONGODB if storage_url.startswith("mongodb") else SQL
    return [
        "To make that account an administrator's, if you know whose it is, run in the storage:",
        f"  {template.format(field=field, value=value)}",
    ]
