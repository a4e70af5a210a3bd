import pytest

from core.errors import (
    EmailTaken,
    InvalidCredentials,
    InvalidMailToken,
    NotApplicable,
    SessionNotFound,
    UsernameTaken,
    UserNotFound,
    WrongCurrentPassword,
)
from core.model import Locale, Purpose
from core.model.events import EventKind
from tests.contract.administered_service import (
    CHANGE,
    OPERATOR,
    UNDO,
    AdministeredService,
    change,
    look_up,
    told,
)
from tests.contract.base import Contract
from tests.contract.driving_service import (
    EMAIL,
    LAPTOP,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    RACERS,
    RESET,
    VERIFY,
    WRONG,
    at_once,
    is_live,
    log_in,
    newcomer,
    register,
)

NEW_EMAIL = "new@example.com"


class OwnAccountLaws(Contract):
    async def test_who_is_signed_in_changes_their_names(
        self, subject: AdministeredService
    ) -> None:
        caller = await subject.signed_in(await newcomer(subject))

        after = await subject.own_account.change(
            caller, {"username": "Janet", "full_name": None, "locale": Locale.DE}
        )

        assert ("Janet", None, Locale.DE) == (
            after.username,
            after.full_name,
            after.locale,
        )
        (event,) = await told(subject, EventKind.USER_CHANGED)
        assert (after.id, after.id) == (event.actor_id, event.user_id)

    async def test_a_taken_username_is_refused(
        self, subject: AdministeredService
    ) -> None:
        await register(subject, "john")
        caller = await subject.signed_in(await newcomer(subject))

        with pytest.raises(UsernameTaken):
            await subject.own_account.change(caller, {"username": "JOHN"})

    async def test_changes_at_one_moment_are_all_made(
        self, subject: AdministeredService
    ) -> None:
        caller = await subject.signed_in(await newcomer(subject))
        names = [f"jane{n}" for n in range(RACERS)]

        answers = await at_once(
            subject.own_account.change(caller, {"username": name}) for name in names
        )

        assert set(names) == {getattr(answer, "username", None) for answer in answers}
        assert RACERS == len(await told(subject, EventKind.USER_CHANGED))

    async def test_deleting_the_own_account_asks_for_the_password(
        self, subject: AdministeredService
    ) -> None:
        grant = await newcomer(subject)
        caller = await subject.signed_in(grant)
        with pytest.raises(WrongCurrentPassword):
            await subject.own_account.delete(caller, WRONG)
        assert await is_live(subject, grant)

        await subject.own_account.delete(caller, PASSWORD)

        assert not await is_live(subject, grant)
        with pytest.raises(InvalidCredentials):
            await log_in(subject)
        (event,) = await told(subject, EventKind.USER_DELETED)
        assert (caller.identity.user.id, None) == (event.actor_id, event.address)
        assert await register(subject)

    async def test_an_export_has_all_that_is_held_and_nothing_that_lets_others_in(
        self, subject: AdministeredService
    ) -> None:
        grant = await newcomer(subject)
        await log_in(subject, client=LAPTOP)
        caller = await subject.signed_in(grant)

        export = await subject.own_account.export(caller)

        assert (grant.user.id, 2) == (export.user.id, len(export.sessions))
        assert {"phone", "laptop"} == set(export.devices)
        assert [Purpose.VERIFY_EMAIL] == [token.purpose for token in export.tokens]
        assert [""] == [token.id for token in export.tokens]
        assert {"user.registered", "session.opened"} <= {
            it.kind for it in export.events
        }

    async def test_own_log_ins_are_listed_and_ended_and_nobody_elses(
        self, subject: AdministeredService
    ) -> None:
        grant, other = await newcomer(subject), await newcomer(subject, "john")
        caller, stranger = [await subject.signed_in(it) for it in (grant, other)]
        laptop = await log_in(subject, client=LAPTOP)
        page = await subject.own_sessions.list(caller, cursor=None, limit=10)
        assert 2 == page.total == len(page.items)
        ended = next(it.id for it in page.items if it.client == LAPTOP)

        with pytest.raises(SessionNotFound):
            await subject.own_sessions.end(stranger, ended)
        await subject.own_sessions.end(caller, ended)

        assert not await is_live(subject, laptop)
        for gone in (ended, "x", ""):
            with pytest.raises(SessionNotFound):
                await subject.own_sessions.end(caller, gone)

    async def test_all_other_log_ins_end_at_once(
        self, subject: AdministeredService
    ) -> None:
        this, other = await newcomer(subject), await newcomer(subject, "john")
        more = [await log_in(subject) for _ in range(3)]

        ended = await subject.own_sessions.end_others(await subject.signed_in(this))

        assert 3 == ended
        assert [True, True, False, False, False] == [
            await is_live(subject, grant) for grant in (this, other, *more)
        ]


class EmailChangeLaws(Contract):
    async def test_the_new_address_confirms_and_then_counts(
        self, subject: AdministeredService
    ) -> None:
        grant = await newcomer(subject)
        mailed = await _asked(subject)
        assert (await look_up(subject, grant.user.id)).email == EMAIL
        user, address = await subject.email_changes.owner(mailed, undo=False)
        assert (EMAIL, NEW_EMAIL) == (user.email, address)

        after = await subject.email_changes.confirm(mailed, LAPTOP)

        assert (NEW_EMAIL, True) == (after.email, after.is_verified)
        assert not await is_live(subject, grant)
        assert await log_in(subject, email=NEW_EMAIL)
        with pytest.raises(InvalidCredentials):
            await log_in(subject)
        with pytest.raises(InvalidMailToken):
            await subject.email_changes.confirm(mailed, LAPTOP)
        (event,) = await told(subject, EventKind.EMAIL_CHANGED)
        assert {"old_email": EMAIL, "email": NEW_EMAIL} == event.data

    async def test_it_asks_for_the_password(self, subject: AdministeredService) -> None:
        caller = await subject.signed_in(await newcomer(subject))

        with pytest.raises(WrongCurrentPassword):
            await subject.email_changes.request(
                caller, password=WRONG, new_email=NEW_EMAIL
            )
        with pytest.raises(LookupError):
            subject.mailed_token(CHANGE)

    async def test_nobody_learns_whether_an_address_is_taken(
        self, subject: AdministeredService
    ) -> None:
        await register(subject, "john")
        caller = await subject.signed_in(await newcomer(subject))

        for email in ("John@example.com", NEW_EMAIL):
            await subject.email_changes.request(
                caller, password=PASSWORD, new_email=email
            )
            held = (await subject.own_account.export(caller)).tokens
            assert [email] == [it.email for it in held if it.purpose is CHANGE]

        asked = await told(subject, EventKind.EMAIL_CHANGE_REQUESTED)
        assert [True, False] == ["token_id" in it.data for it in asked]
        assert not any("@" in text for it in asked for text in it.data.values())

    async def test_an_address_that_is_taken_meanwhile_is_refused(
        self, subject: AdministeredService
    ) -> None:
        grant = await newcomer(subject)
        mailed = await _asked(subject)
        await register(subject, "new")

        with pytest.raises(EmailTaken):
            await subject.email_changes.confirm(mailed, PHONE)

        assert await is_live(subject, grant)

    async def test_of_any_number_of_callers_one_confirms(
        self, subject: AdministeredService
    ) -> None:
        await newcomer(subject)
        mailed = await _asked(subject)

        answers = await at_once(
            subject.email_changes.confirm(mailed, PHONE) for _ in range(RACERS)
        )

        assert RACERS - 1 == sum(isinstance(it, InvalidMailToken) for it in answers)
        assert 1 == len(await told(subject, EventKind.EMAIL_CHANGED))

    async def test_what_was_mailed_to_the_old_address_is_void(
        self, subject: AdministeredService
    ) -> None:
        await _proved(subject)
        await subject.password_resets.request(EMAIL, PHONE)
        reset = subject.mailed_token(RESET)
        mailed = await _asked(subject)

        await subject.email_changes.confirm(mailed, PHONE)

        with pytest.raises(InvalidMailToken):
            await subject.password_resets.reset(reset, NEW_PASSWORD, PHONE)

    async def test_the_old_address_undoes_it_and_gets_a_reset(
        self, subject: AdministeredService
    ) -> None:
        await _proved(subject)
        await subject.email_changes.confirm(await _asked(subject), PHONE)
        thief = await log_in(subject, email=NEW_EMAIL)
        undo = subject.mailed_token(UNDO)
        user, address = await subject.email_changes.owner(undo, undo=True)
        assert (NEW_EMAIL, EMAIL) == (user.email, address)

        after = await subject.email_changes.undo(undo, LAPTOP)

        assert (EMAIL, True) == (after.email, after.is_verified)
        assert not await is_live(subject, thief)
        with pytest.raises(InvalidMailToken):
            await subject.email_changes.undo(undo, LAPTOP)
        reset = subject.mailed_token(RESET)
        await subject.password_resets.reset(reset, NEW_PASSWORD, LAPTOP)
        assert await log_in(subject, NEW_PASSWORD)
        with pytest.raises(InvalidCredentials):
            await log_in(subject)

    async def test_it_can_be_undone_for_72_hours(
        self, subject: AdministeredService
    ) -> None:
        await _proved(subject)
        await subject.email_changes.confirm(await _asked(subject), PHONE)
        undo = subject.mailed_token(UNDO)

        subject.wait(hours=72, seconds=-1)
        assert await subject.email_changes.owner(undo, undo=True)
        subject.wait(seconds=1)
        with pytest.raises(InvalidMailToken):
            await subject.email_changes.undo(undo, PHONE)

    async def test_a_second_change_does_not_get_rid_of_the_first_address(
        self, subject: AdministeredService
    ) -> None:
        await _proved(subject)
        await subject.email_changes.confirm(await _asked(subject), PHONE)
        undo = subject.mailed_token(UNDO)
        second = await _asked(subject, NEW_EMAIL, "third@example.com")
        await subject.email_changes.confirm(second, PHONE)

        assert EMAIL == (await subject.email_changes.undo(undo, PHONE)).email

    async def test_the_first_address_can_undo_for_72_hours_from_the_latest_change(
        self, subject: AdministeredService
    ) -> None:
        await _proved(subject)
        await subject.email_changes.confirm(await _asked(subject), PHONE)
        undo = subject.mailed_token(UNDO)
        subject.wait(hours=71)
        second = await _asked(subject, NEW_EMAIL, "third@example.com")
        await subject.email_changes.confirm(second, PHONE)
        subject.wait(hours=71)

        assert EMAIL == (await subject.email_changes.undo(undo, PHONE)).email

    async def test_after_an_undo_the_address_stays_until_the_password_is_reset(
        self, subject: AdministeredService
    ) -> None:
        await _proved(subject)
        await subject.email_changes.confirm(await _asked(subject), PHONE)
        await subject.email_changes.undo(subject.mailed_token(UNDO), PHONE)
        reset = subject.mailed_token(RESET)

        with pytest.raises(NotApplicable):
            await _asked(subject)
        subject.wait(minutes=1)
        await subject.password_resets.reset(reset, NEW_PASSWORD, PHONE)

        caller = await subject.signed_in(await log_in(subject, NEW_PASSWORD))
        await subject.email_changes.request(
            caller, password=NEW_PASSWORD, new_email=NEW_EMAIL
        )
        assert subject.mailed_token(CHANGE)

    async def test_who_registers_with_the_address_before_does_not_keep_its_owner_out(
        self, subject: AdministeredService
    ) -> None:
        owner = await _proved(subject)
        await subject.email_changes.confirm(await _asked(subject), PHONE)
        undo = subject.mailed_token(UNDO)
        squatter = await register(subject, "squatter", email=EMAIL)

        assert owner == (await subject.email_changes.undo(undo, PHONE)).id

        with pytest.raises(UserNotFound):
            await look_up(subject, squatter.id)

    async def test_the_own_address_may_be_spelled_anew(
        self, subject: AdministeredService
    ) -> None:
        await _proved(subject)
        mailed = await _asked(subject, new="Jane@Example.com")

        after = await subject.email_changes.confirm(mailed, PHONE)

        assert ("Jane@Example.com", True) == (after.email, after.is_verified)

    async def test_an_address_that_was_never_proved_undoes_nothing(
        self, subject: AdministeredService
    ) -> None:
        await newcomer(subject)
        await subject.email_changes.confirm(await _asked(subject), PHONE)

        with pytest.raises(LookupError):
            subject.mailed_token(UNDO)
        assert [] == await told(subject, EventKind.EMAIL_LEFT)

    async def test_each_token_is_good_for_one_thing(
        self, subject: AdministeredService
    ) -> None:
        await _proved(subject)
        confirm = await _asked(subject)
        with pytest.raises(InvalidMailToken):
            await subject.email_changes.undo(confirm, PHONE)
        with pytest.raises(InvalidMailToken):
            await subject.verifications.verify(confirm, PHONE)
        with pytest.raises(InvalidMailToken):
            await subject.password_resets.reset(confirm, NEW_PASSWORD, PHONE)
        with pytest.raises(InvalidMailToken):
            await subject.invitations.accept(confirm, NEW_PASSWORD, PHONE)
        await subject.email_changes.confirm(confirm, PHONE)
        with pytest.raises(InvalidMailToken):
            await subject.email_changes.confirm(subject.mailed_token(UNDO), PHONE)

    async def test_who_is_inactive_changes_nothing(
        self, subject: AdministeredService
    ) -> None:
        user = await _proved(subject)
        mailed = await _asked(subject)
        await change(subject, OPERATOR, user, is_active=False)

        with pytest.raises(InvalidMailToken):
            await subject.email_changes.confirm(mailed, PHONE)


async def _proved(service: AdministeredService) -> int:
    """Register somebody, and prove their address."""
    await register(service)
    user = await service.verifications.verify(service.mailed_token(VERIFY), PHONE)
    return user.id


async def _asked(
    service: AdministeredService, old: str = EMAIL, new: str = NEW_EMAIL
) -> str:
    """Ask for a change of address, and return what was mailed."""
    caller = await service.signed_in(await log_in(service, email=old))
    await service.email_changes.request(caller, password=PASSWORD, new_email=new)
    return service.mailed_token(CHANGE)
