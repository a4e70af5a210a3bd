from dataclasses import replace

import pytest

from core.errors import EmailTaken, UsernameTaken
from core.model import UNSAVED, Purpose, User
from core.model.events import Event
from core.ports import Storage
from tests.contract.base import Contract
from tests.contract.storage_records import (
    EVERY_FIELD,
    NOW,
    RACERS,
    a_password,
    a_token,
    a_user,
    add,
    an_event,
    history,
    race,
)

LOOK_ALIKE = (
    ("stra\u00dfe", "example.com"),
    ("strasse", "example.com"),
    ("STRASSE", "example.com"),
    ("stra\u1e9ee", "example.com"),
    ("ann", "stra\u00dfe.example"),
    ("ann", "strasse.example"),
    ("ann", "xn--strae-oqa.example"),
    ("\uff41nn", "strasse.example"),
    ("\u00e5nn", "example.com"),
    ("a\u030ann", "example.com"),
    ("\u212bnn", "example.com"),
    ("ann", "example.com"),
    ("ann", "example.com "),
    (" ann", "example.com"),
    ("ann\u200b", "example.com"),
    ("\u0430nn", "example.com"),
)
"""Keys that some collations, and some programs, take for one another."""


class RegistrationLaws(Contract):
    async def test_users_are_numbered_from_one(self, subject: Storage) -> None:
        added = [await add(subject, name) for name in ("ada", "bob", "cyd")]

        assert [1, 2, 3] == [user.id for user in added]

    async def test_a_user_comes_back_as_it_was_added(self, subject: Storage) -> None:
        plain, full = a_user("ada"), a_user("bob", **EVERY_FIELD)

        added = [
            await subject.users.add(user, a_password(), token=None, events=[])
            for user in (plain, full)
        ]

        assert [replace(plain, id=1), replace(full, id=2)] == added
        assert added == [await subject.users.get(user.id) for user in added]
        assert added == [await subject.users.by_email(u.email_key) for u in added]

    async def test_an_unknown_user_is_none(self, subject: Storage) -> None:
        user = await add(subject)

        assert await subject.users.get(user.id + 1) is None
        assert await subject.users.get(UNSAVED) is None
        assert await subject.users.by_email("bob@example.com") is None

    async def test_an_address_is_kept_as_typed_and_found_by_its_key(
        self, subject: Storage
    ) -> None:
        user = await add(subject, email="Ada@Example.com", username="Ada")

        found = await subject.users.by_email("ada@example.com")

        assert user == found
        assert ("Ada@Example.com", "Ada") == (user.email, user.username)
        assert await subject.users.by_email("Ada@Example.com") is None

    async def test_token_and_events_get_the_new_users_id(
        self, subject: Storage
    ) -> None:
        await add(subject, "bob")
        token, events = a_token(), [an_event(), an_event()]

        user = await subject.users.add(
            a_user(), a_password(), token=token, events=events
        )

        assert replace(token, user_id=user.id) == await subject.tokens.get(token.id)
        expected = [replace(event, user_id=user.id) for event in events]
        assert expected == await history(subject)

    async def test_a_taken_email_is_refused(self, subject: Storage) -> None:
        await add(subject)

        with pytest.raises(EmailTaken):
            await add(subject, "bob", email="ADA@example.com")

    async def test_a_taken_username_is_refused(self, subject: Storage) -> None:
        await add(subject)

        with pytest.raises(UsernameTaken):
            await add(subject, "bob", username="ADA")

    async def test_the_email_is_complained_of_before_the_username(
        self, subject: Storage
    ) -> None:
        await add(subject, "ada")
        await add(subject, "bob")

        for email, username in (("ada", "ada"), ("ada", "bob"), ("bob", "ada")):
            with pytest.raises(EmailTaken):
                await add(subject, email=f"{email}@example.com", username=username)

    async def test_a_refused_user_leaves_nothing_behind(self, subject: Storage) -> None:
        await add(subject)
        token = a_token()

        for clash in ({"email": "ada@example.com"}, {"username": "ada"}):
            with pytest.raises((EmailTaken, UsernameTaken)):
                await subject.users.add(
                    a_user("bob", **clash),
                    a_password(),
                    token=token,
                    events=[an_event()],
                )

        assert await subject.tokens.get(token.id) is None
        assert [] == await history(subject)
        assert [] == await subject.events.claim(at=NOW, lease=NOW - NOW, limit=9)
        assert await subject.users.by_email("bob@example.com") is None
        assert "bob" == (await add(subject, "bob")).username

    async def test_nothing_is_unique_but_the_keys_as_they_are(
        self, subject: Storage
    ) -> None:
        keys = [f"{local}@{domain}" for local, domain in LOOK_ALIKE]
        added = [
            await add(subject, f"u{place}", email="a@example.com", email_key=key)
            for place, key in enumerate(keys)
        ]

        assert added == [await subject.users.by_email(key) for key in keys]
        for key in keys:
            with pytest.raises(EmailTaken):
                await add(subject, "other", email="b@example.com", email_key=key)

    async def test_one_of_many_gets_an_email(self, subject: Storage) -> None:
        events = [an_event() for _ in range(RACERS)]

        async def register(number: int) -> User | None:
            user = a_user(f"racer{number}", email="ada@example.com")
            return await _added(subject, user, events[number], EmailTaken)

        winners = [user for user in await race(register) if user]

        assert 1 == len(winners)
        assert winners == [await subject.users.by_email("ada@example.com")]
        winner = int(winners[0].username.removeprefix("racer"))
        assert [events[winner].id] == [event.id for event in await history(subject)]

    async def test_one_of_many_gets_a_username(self, subject: Storage) -> None:
        async def register(number: int) -> User | None:
            user = a_user(f"racer{number}", username="ada")
            return await _added(subject, user, an_event(), UsernameTaken)

        winners = [user for user in await race(register) if user]

        assert 1 == len(winners)
        assert 1 == len(await history(subject))


async def _added(
    storage: Storage, user: User, event: Event, refusal: type[Exception]
) -> User | None:
    try:
        token = a_token(purpose=Purpose.VERIFY_EMAIL)
        return await storage.users.add(user, a_password(), token=token, events=[event])
    except refusal:
        return None
