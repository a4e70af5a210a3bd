from collections.abc import Awaitable, Callable, Sequence

import pytest

from core.errors import (
    EmailTaken,
    Forbidden,
    InvalidCredentials,
    InvalidCursor,
    InvalidMailToken,
    LastAdmin,
    NotApplicable,
    OwnAccount,
    SessionNotFound,
    UserChanged,
    UsernameTaken,
    UserNotFound,
)
from core.model import (
    Caller,
    EventFilter,
    Profile,
    Purpose,
    Role,
    SignedIn,
    User,
    UserFilter,
    UserId,
    UserOrder,
    UserSort,
)
from core.model.events import EventKind
from tests.contract.administered_service import (
    OPERATOR,
    AdministeredService,
    change,
    everybody,
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
    at_once,
    is_live,
    log_in,
    newcomer,
    register,
)

GUEST = Profile(email="guest@example.com", username="guest", full_name="The Guest")
INVITATION = Purpose.INVITATION
NOBODY = 4711


def everything(service: AdministeredService, by: Caller) -> list[Awaitable[object]]:
    """Return all that an administrator may ask."""
    users, sessions = service.user_administration, service.session_administration
    return [
        users.find(by, UserFilter(), UserOrder(), cursor=None, limit=1),
        users.look(by, 1),
        users.named(by, "1"),
        users.invite(by, GUEST),
        users.invite_again(by, 1),
        users.create(by, GUEST, PASSWORD),
        users.change(by, 1, {"full_name": "X"}, stamp=None),
        users.delete(by, 1),
        users.mail_reset(by, 1),
        users.mail_verification(by, 1),
        users.unlock(by, 1),
        sessions.list(by, 1, cursor=None, limit=1),
        sessions.end(by, "x"),
        sessions.end_all(by, 1),
        service.audit.find(by, EventFilter(), cursor=None, limit=1),
        service.audit.summary(by),
    ]


class PermissionLaws(Contract):
    async def test_who_is_no_administrator_may_do_nothing(
        self, subject: AdministeredService
    ) -> None:
        caller = await subject.signed_in(await newcomer(subject))

        answers = await at_once(everything(subject, caller))

        assert {Forbidden} == {type(answer) for answer in answers}
        assert 1 == len(await everybody(subject))

    async def test_a_role_counts_at_the_next_request(
        self, subject: AdministeredService
    ) -> None:
        root = await subject.admin()
        grant = await newcomer(subject)
        user_id = grant.user.id
        await change(subject, root, user_id, role=Role.ADMIN)
        promoted = await subject.signed_in(grant)
        assert await subject.user_administration.look(promoted, user_id)

        await change(subject, root, user_id, role=Role.USER)
        with pytest.raises(Forbidden):
            await subject.user_administration.look(
                await subject.signed_in(grant), user_id
            )
        assert await is_live(subject, grant)

    async def test_only_operators_create_with_a_password(
        self, subject: AdministeredService
    ) -> None:
        users = subject.user_administration
        with pytest.raises(Forbidden):
            await users.create(await subject.admin(), GUEST, PASSWORD)

        user = await users.create(OPERATOR, GUEST, PASSWORD)
        assert (True, Role.USER) == (user.is_verified, user.role)
        assert await log_in(subject, email=GUEST.email)


class InvitationLaws(Contract):
    async def test_who_is_invited_sets_the_first_password_and_proves_the_address(
        self, subject: AdministeredService
    ) -> None:
        user = await subject.user_administration.invite(await subject.admin(), GUEST)
        assert (GUEST.username, Role.USER, False) == (
            user.username,
            user.role,
            user.is_verified,
        )
        with pytest.raises(InvalidCredentials):
            await log_in(subject, email=GUEST.email)
        mailed = subject.mailed_token(INVITATION)
        assert user.id == (await subject.invitations.owner(mailed)).id

        accepted = await subject.invitations.accept(mailed, NEW_PASSWORD, PHONE)

        assert (user.id, True) == (accepted.id, accepted.is_verified)
        assert await log_in(subject, NEW_PASSWORD, GUEST.email)
        with pytest.raises(InvalidMailToken):
            await subject.invitations.accept(mailed, PASSWORD, PHONE)
        assert 1 == len(await told(subject, EventKind.INVITATION_ACCEPTED, user.id))

    async def test_an_invitation_is_good_for_72_hours(
        self, subject: AdministeredService
    ) -> None:
        await subject.user_administration.invite(OPERATOR, GUEST)
        mailed = subject.mailed_token(INVITATION)

        subject.wait(hours=72, seconds=-1)
        assert await subject.invitations.owner(mailed)
        subject.wait(seconds=1)
        with pytest.raises(InvalidMailToken):
            await subject.invitations.accept(mailed, NEW_PASSWORD, PHONE)

    async def test_a_newer_invitation_voids_the_older_one(
        self, subject: AdministeredService
    ) -> None:
        users = subject.user_administration
        user = await users.invite(OPERATOR, GUEST)
        older = subject.mailed_token(INVITATION)
        await users.invite_again(await subject.admin(), user.id)

        with pytest.raises(InvalidMailToken):
            await subject.invitations.accept(older, NEW_PASSWORD, PHONE)
        newer = subject.mailed_token(INVITATION)
        assert await subject.invitations.accept(newer, NEW_PASSWORD, PHONE)
        with pytest.raises(NotApplicable):
            await users.invite_again(OPERATOR, user.id)

    async def test_names_that_are_taken_invite_nobody(
        self, subject: AdministeredService
    ) -> None:
        await register(subject)
        invite = subject.user_administration.invite
        with pytest.raises(EmailTaken):
            await invite(OPERATOR, Profile(email="JANE@example.com", username="x"))
        with pytest.raises(UsernameTaken):
            await invite(OPERATOR, Profile(email="x@example.com", username="Jane"))
        assert 1 == len(await everybody(subject))


class ChangeLaws(Contract):
    async def test_a_change_is_told_with_what_was_and_what_is(
        self, subject: AdministeredService
    ) -> None:
        root = await subject.admin()
        user = await register(subject)
        subject.wait(minutes=1)

        after = await change(
            subject, root, user.id, full_name=None, username="Janet", role=Role.ADMIN
        )

        now = subject.clock.now()
        assert ("Janet", None, Role.ADMIN, now) == (
            after.username,
            after.full_name,
            after.role,
            after.updated_at,
        )
        assert after == await look_up(subject, user.id)
        (named,) = await told(subject, EventKind.USER_CHANGED, user.id)
        (role,) = await told(subject, EventKind.ROLE_CHANGED, user.id)
        assert {
            "old_username": "jane",
            "username": "Janet",
            "old_full_name": "Jane Doe",
            "full_name": "",
        } == named.data
        assert {"old_role": "user", "role": "admin"} == role.data
        origin = (root.identity.user.id, PHONE.address, PHONE.label)
        assert origin == (named.actor_id, named.address, named.label)

    async def test_what_is_so_already_is_not_changed_nor_told(
        self, subject: AdministeredService
    ) -> None:
        user = await register(subject)
        subject.wait(minutes=1)

        after = await change(
            subject, OPERATOR, user.id, username="jane", role=user.role
        )

        assert user == after
        assert [] == await told(subject, EventKind.USER_CHANGED)

    async def test_of_any_number_of_changes_of_one_stamp_one_succeeds(
        self, subject: AdministeredService
    ) -> None:
        root, user = await subject.admin(), await register(subject)

        answers = await at_once(
            subject.user_administration.change(
                root, user.id, {"full_name": f"Jane {n}"}, stamp=user.stamp
            )
            for n in range(RACERS)
        )

        won = [answer for answer in answers if isinstance(answer, User)]
        assert 1 == len(won)
        assert RACERS - 1 == sum(isinstance(it, UserChanged) for it in answers)
        assert won[0] == await look_up(subject, user.id)
        assert 1 == len(await told(subject, EventKind.USER_CHANGED))

    async def test_changes_of_no_stamp_all_succeed(
        self, subject: AdministeredService
    ) -> None:
        user = await register(subject)

        answers = await at_once(
            change(subject, OPERATOR, user.id, full_name=f"Jane {n}")
            for n in range(RACERS)
        )

        assert all(isinstance(answer, User) for answer in answers)
        assert user.stamp + RACERS == (await look_up(subject, user.id)).stamp

    async def test_deactivation_ends_log_ins_and_activation_revives_none(
        self, subject: AdministeredService
    ) -> None:
        grant = await newcomer(subject)
        await change(subject, await subject.admin(), grant.user.id, is_active=False)
        assert not await is_live(subject, grant)

        await change(subject, OPERATOR, grant.user.id, is_active=True)
        assert not await is_live(subject, grant)
        assert await log_in(subject)
        assert 1 == len(await told(subject, EventKind.USER_DEACTIVATED))
        assert 1 == len(await told(subject, EventKind.USER_ACTIVATED))

    async def test_a_new_address_ends_log_ins_and_is_to_be_proved(
        self, subject: AdministeredService
    ) -> None:
        grant = await newcomer(subject)
        await subject.verifications.verify(subject.mailed_token(VERIFY), PHONE)
        await subject.password_resets.request(EMAIL, PHONE)
        to_old = subject.mailed_token(RESET)

        after = await change(subject, OPERATOR, grant.user.id, email="New@example.com")

        assert ("New@example.com", False) == (after.email, after.is_verified)
        assert not await is_live(subject, grant)
        with pytest.raises(InvalidMailToken):
            await subject.password_resets.reset(to_old, NEW_PASSWORD, PHONE)
        with pytest.raises(InvalidCredentials):
            await log_in(subject)
        assert await log_in(subject, email="new@example.com")
        proof = subject.mailed_token(VERIFY)
        assert (await subject.verifications.verify(proof, PHONE)).is_verified
        (left,) = await told(subject, EventKind.EMAIL_LEFT)
        assert {"old_email": EMAIL, "email": "New@example.com"} == left.data

    async def test_whoever_has_a_new_address_by_mistake_can_not_remove_the_account(
        self, subject: AdministeredService
    ) -> None:
        user = await register(subject)
        await subject.verifications.verify(subject.mailed_token(VERIFY), PHONE)
        await change(subject, OPERATOR, user.id, email="slip@example.com")

        with pytest.raises(InvalidMailToken):
            await subject.verifications.reject(subject.mailed_token(VERIFY), PHONE)

        assert await look_up(subject, user.id)

    async def test_a_new_address_may_be_known_to_be_theirs(
        self, subject: AdministeredService
    ) -> None:
        user = await register(subject)
        edit = {"email": "new@example.com", "is_verified": True}

        after = await change(subject, OPERATOR, user.id, **edit)

        assert after.is_verified
        assert [] == await told(subject, EventKind.EMAIL_LEFT)

    async def test_the_same_address_in_other_letters_is_no_new_one(
        self, subject: AdministeredService
    ) -> None:
        grant = await newcomer(subject)
        await subject.verifications.verify(subject.mailed_token(VERIFY), PHONE)

        after = await change(subject, OPERATOR, grant.user.id, email="JANE@example.com")

        assert ("JANE@example.com", True) == (after.email, after.is_verified)
        assert await is_live(subject, grant)

    async def test_who_has_no_password_is_invited_anew_at_a_new_address(
        self, subject: AdministeredService
    ) -> None:
        user = await subject.user_administration.invite(OPERATOR, GUEST)
        wrong = subject.mailed_token(INVITATION)

        await change(subject, OPERATOR, user.id, email="right@example.com")

        with pytest.raises(InvalidMailToken):
            await subject.invitations.accept(wrong, NEW_PASSWORD, PHONE)
        right = subject.mailed_token(INVITATION)
        assert await subject.invitations.accept(right, NEW_PASSWORD, PHONE)

    async def test_a_taken_name_changes_nothing(
        self, subject: AdministeredService
    ) -> None:
        user, _ = await register(subject), await register(subject, "john")

        for edit, refusal in (
            ({"email": "John@example.com", "full_name": "X"}, EmailTaken),
            ({"username": "JOHN", "full_name": "X"}, UsernameTaken),
        ):
            with pytest.raises(refusal):
                await change(subject, OPERATOR, user.id, **edit)
        assert user == await look_up(subject, user.id)

    async def test_nobody_changes_their_own_role_or_activity(
        self, subject: AdministeredService
    ) -> None:
        root, _ = await subject.admin(), await subject.admin("other")
        own = root.identity.user.id

        for edit in ({"role": Role.USER}, {"is_active": False}):
            with pytest.raises(OwnAccount):
                await change(subject, root, own, **edit)
        same = {"role": Role.ADMIN, "is_active": True, "full_name": "Root"}
        assert "Root" == (await change(subject, root, own, **same)).full_name


class LastAdminLaws(Contract):
    async def test_the_last_administrator_stays(
        self, subject: AdministeredService
    ) -> None:
        root = await subject.admin()

        for way, lose in ways_to_lose(subject, OPERATOR).items():
            await lose(await subject.admin(way))
            with pytest.raises(LastAdmin):
                await lose(root)

        assert await subject.user_administration.look(root, root.identity.user.id)

    async def test_who_was_only_invited_can_not_administer(
        self, subject: AdministeredService
    ) -> None:
        root = await subject.admin()
        guest = Profile(email=GUEST.email, username="guest", role=Role.ADMIN)
        await subject.user_administration.invite(root, guest)

        with pytest.raises(LastAdmin):
            await subject.own_account.delete(root, PASSWORD)
        mailed = subject.mailed_token(INVITATION)
        await subject.invitations.accept(mailed, NEW_PASSWORD, PHONE)
        await subject.own_account.delete(root, PASSWORD)

    async def test_of_two_who_remove_each_other_one_remains(
        self, subject: AdministeredService
    ) -> None:
        for number, way in enumerate(2 * ["demoted", "deactivated", "deleted"]):
            pair = [await subject.admin(f"{name}{number}") for name in ("one", "two")]
            await _demote_all_but(subject, [it.identity.user.id for it in pair])
            one, other = pair

            await at_once(
                [
                    ways_to_lose(subject, one)[way](other),
                    ways_to_lose(subject, other)[way](one),
                ]
            )

            admins = [
                it
                for it in await everybody(subject)
                if it.role is Role.ADMIN and it.is_active
            ]
            assert 1 == len(admins)


async def _demote_all_but(
    service: AdministeredService, user_ids: Sequence[UserId]
) -> None:
    for user in await everybody(service):
        if user.id not in user_ids:
            await change(service, OPERATOR, user.id, role=Role.USER)


def ways_to_lose(
    service: AdministeredService, by: Caller
) -> dict[str, Callable[[SignedIn], Awaitable[object]]]:
    """Return how somebody can stop being an administrator."""
    users = service.user_administration
    return {
        "demoted": lambda who: change(
            service, by, who.identity.user.id, role=Role.USER
        ),
        "deactivated": lambda who: change(
            service, by, who.identity.user.id, is_active=False
        ),
        "deleted": lambda who: users.delete(by, who.identity.user.id),
    }


class RemovalLaws(Contract):
    async def test_who_is_deleted_is_gone_with_all_that_names_them(
        self, subject: AdministeredService
    ) -> None:
        root, grant = await subject.admin(), await newcomer(subject)
        await change(subject, root, grant.user.id, full_name="Jane Roe")

        await subject.user_administration.delete(root, grant.user.id)

        assert not await is_live(subject, grant)
        with pytest.raises(UserNotFound):
            await subject.user_administration.look(root, grant.user.id)
        with pytest.raises(UserNotFound):
            await subject.user_administration.delete(root, grant.user.id)
        wanted = EventFilter(user_id=grant.user.id)
        page = await subject.audit.find(root, wanted, cursor=None, limit=200)
        earlier = [it for it in page.items if it.kind is not EventKind.USER_DELETED]
        assert {(None, None)} == {(it.address, it.label) for it in earlier}
        assert not any(it.data for it in earlier)
        assert await register(subject)

    async def test_deletion_tells_who_did_it_and_no_name(
        self, subject: AdministeredService
    ) -> None:
        root, user = await subject.admin(), await register(subject)

        await subject.user_administration.delete(root, user.id)

        (event,) = await told(subject, EventKind.USER_DELETED)
        assert (root.identity.user.id, user.id) == (event.actor_id, event.user_id)
        assert not event.data

    async def test_who_was_changed_meanwhile_is_not_deleted(
        self, subject: AdministeredService
    ) -> None:
        user = await register(subject)
        delete = subject.user_administration.delete
        after = await change(subject, OPERATOR, user.id, full_name="X")

        with pytest.raises(UserChanged):
            await delete(OPERATOR, user.id, stamp=user.stamp)
        await delete(OPERATOR, user.id, stamp=after.stamp)

        with pytest.raises(UserNotFound):
            await delete(OPERATOR, user.id, stamp=after.stamp)

    async def test_of_any_number_who_delete_one_user_one_does(
        self, subject: AdministeredService
    ) -> None:
        root, user = await subject.admin(), await register(subject)

        answers = await at_once(
            subject.user_administration.delete(root, user.id) for _ in range(RACERS)
        )

        assert 1 == answers.count(None)
        assert RACERS - 1 == sum(isinstance(it, UserNotFound) for it in answers)
        assert 1 == len(await told(subject, EventKind.USER_DELETED))


class MailLaws(Contract):
    async def test_an_administrator_has_a_reset_mailed_and_never_sees_it(
        self, subject: AdministeredService
    ) -> None:
        root, user = await subject.admin(), await register(subject)

        await subject.user_administration.mail_reset(root, user.id)

        mailed = subject.mailed_token(RESET)
        assert await subject.password_resets.reset(mailed, NEW_PASSWORD, PHONE)
        (event,) = await told(subject, EventKind.PASSWORD_RESET_REQUESTED)
        assert root.identity.user.id == event.actor_id

    async def test_a_verification_is_mailed_while_there_is_something_to_prove(
        self, subject: AdministeredService
    ) -> None:
        root, user = await subject.admin(), await register(subject)
        mail = subject.user_administration.mail_verification
        older = subject.mailed_token(VERIFY)

        await mail(root, user.id)
        with pytest.raises(InvalidMailToken):
            await subject.verifications.verify(older, PHONE)
        await subject.verifications.verify(subject.mailed_token(VERIFY), PHONE)

        with pytest.raises(NotApplicable):
            await mail(root, user.id)

    async def test_nothing_is_mailed_to_who_is_inactive(
        self, subject: AdministeredService
    ) -> None:
        users, user = subject.user_administration, await register(subject)
        await change(subject, OPERATOR, user.id, is_active=False)

        for mail in (users.mail_reset, users.mail_verification):
            with pytest.raises(NotApplicable):
                await mail(OPERATOR, user.id)

    async def test_who_is_not_there_is_not_found(
        self, subject: AdministeredService
    ) -> None:
        users, sessions = subject.user_administration, subject.session_administration
        asked: list[Awaitable[object]] = [
            users.look(OPERATOR, NOBODY),
            users.named(OPERATOR, "nobody"),
            users.named(OPERATOR, "9" * 300),
            users.invite_again(OPERATOR, NOBODY),
            users.change(OPERATOR, NOBODY, {"full_name": "X"}, stamp=None),
            users.delete(OPERATOR, NOBODY),
            users.mail_reset(OPERATOR, NOBODY),
            users.mail_verification(OPERATOR, NOBODY),
            users.unlock(OPERATOR, NOBODY),
            sessions.list(OPERATOR, NOBODY, cursor=None, limit=1),
            sessions.end_all(OPERATOR, NOBODY),
        ]

        assert {UserNotFound} == {type(answer) for answer in await at_once(asked)}

    async def test_a_user_is_named_by_id_address_or_username(
        self, subject: AdministeredService
    ) -> None:
        await register(subject, "aaa")
        user = await register(subject)
        named = subject.user_administration.named

        for name in (str(user.id), EMAIL, "JANE@Example.com", "jane", "JANE"):
            assert user == await named(OPERATOR, name)


class OthersSessionLaws(Contract):
    async def test_an_administrator_lists_and_ends_anybodys_log_ins(
        self, subject: AdministeredService
    ) -> None:
        root, sessions = await subject.admin(), subject.session_administration
        grant = await newcomer(subject)
        subject.wait(minutes=1)
        later = await log_in(subject, client=LAPTOP)

        page = await sessions.list(root, grant.user.id, cursor=None, limit=10)
        assert [LAPTOP, PHONE] == [session.client for session in page.items]
        await sessions.end(root, page.items[0].id)

        assert not await is_live(subject, later)
        assert await is_live(subject, grant)
        with pytest.raises(SessionNotFound):
            await sessions.end(root, page.items[0].id)
        assert 1 == await sessions.end_all(root, grant.user.id)
        assert not await is_live(subject, grant)
        (event,) = await told(subject, EventKind.SESSION_ENDED)
        assert (root.identity.user.id, grant.user.id) == (event.actor_id, event.user_id)

    async def test_log_ins_are_listed_page_by_page(
        self, subject: AdministeredService
    ) -> None:
        user = await register(subject)
        for _ in range(5):
            await log_in(subject)
            subject.wait(seconds=1)
        seen, cursor, pages = [], None, 0
        while cursor or not pages:
            page = await subject.session_administration.list(
                OPERATOR, user.id, cursor=cursor, limit=2
            )
            assert (5, False) == (page.total, page.total_is_at_least)
            seen += [session.created_at for session in page.items]
            cursor, pages = page.next_cursor, pages + 1

        assert 3 == pages
        assert sorted(set(seen), reverse=True) == seen
        assert 5 == len(seen)


class SearchLaws(Contract):
    async def test_users_are_found_page_by_page_in_every_order(
        self, subject: AdministeredService
    ) -> None:
        names = ["bea", "Ada", "cid", "dora", "eve"]
        for name in names:
            await register(subject, name)
            subject.wait(seconds=1)
        await log_in(subject, email="cid@example.com")
        by_name = ["Ada", "bea", "cid", "dora", "eve"]

        for sort, expected in (
            (UserSort.ID, names),
            (UserSort.CREATED_AT, names),
            (UserSort.EMAIL, by_name),
            (UserSort.USERNAME, by_name),
            (UserSort.LAST_LOGIN_AT, ["bea", "Ada", "dora", "eve", "cid"]),
        ):
            for descending in (False, True):
                order = UserOrder(sort, descending)
                wanted = expected[::-1] if descending else expected
                assert wanted == await _walk(subject, UserFilter(), order)

    async def test_a_part_of_a_name_finds_in_any_case_and_is_no_pattern(
        self, subject: AdministeredService
    ) -> None:
        await register(subject, "Ada_Byron")
        await register(subject, "AdaXByron")
        for text, expected in (
            ("ada_b", ["Ada_Byron"]),
            ("BYRON", ["Ada_Byron", "AdaXByron"]),
            ("jane doe", ["Ada_Byron", "AdaXByron"]),
            ("%", []),
        ):
            found = await _walk(subject, UserFilter(text=text), UserOrder())
            assert expected == found

    async def test_a_cursor_is_worthless_elsewhere(
        self, subject: AdministeredService
    ) -> None:
        for name in ("ada", "bea"):
            await register(subject, name)
        find = subject.user_administration.find
        plain, ids = UserFilter(), UserOrder()
        page = await find(OPERATOR, plain, ids, cursor=None, limit=1)
        cursor = page.next_cursor
        assert cursor
        assert await find(OPERATOR, plain, ids, cursor=cursor, limit=2)
        bad: list[Awaitable[object]] = [
            find(OPERATOR, plain, UserOrder(descending=True), cursor=cursor, limit=1),
            find(OPERATOR, plain, UserOrder(UserSort.EMAIL), cursor=cursor, limit=1),
            find(OPERATOR, UserFilter(role=Role.USER), ids, cursor=cursor, limit=1),
            subject.audit.find(OPERATOR, EventFilter(), cursor=cursor, limit=1),
            *(
                find(OPERATOR, plain, ids, cursor=text, limit=1)
                for text in (
                    "",
                    "x",
                    cursor[:-2],
                    cursor + "!",
                    "=" * 9,
                    "\0",
                    "\ud800",
                )
            ),
        ]

        assert {InvalidCursor} == {type(answer) for answer in await at_once(bad)}


class AuditLaws(Contract):
    async def test_events_are_found_by_whom_they_are_about_by_whom_from_where_and_when(
        self, subject: AdministeredService
    ) -> None:
        root, user = await subject.admin(), await register(subject)
        subject.wait(minutes=1)
        changed_at = subject.clock.now()
        await change(subject, root, user.id, full_name="X")
        subject.wait(minutes=1)
        await log_in(subject, client=LAPTOP)
        actor = root.identity.user.id
        find = subject.audit.find

        for wanted, kinds in (
            (
                EventFilter(user_id=user.id),
                ["session.opened", "user.changed", "user.registered"],
            ),
            (EventFilter(actor_id=actor, user_id=user.id), ["user.changed"]),
            (EventFilter(kind=EventKind.USER_CHANGED), ["user.changed"]),
            (EventFilter(address=LAPTOP.address), ["session.opened"]),
            (EventFilter(after=changed_at), ["session.opened"]),
            (EventFilter(before=changed_at, user_id=user.id), ["user.registered"]),
            (EventFilter(kind=EventKind.USER_CHANGED, user_id=actor), []),
        ):
            page = await find(OPERATOR, wanted, cursor=None, limit=9)
            assert kinds == [event.kind for event in page.items]
            assert len(kinds) == page.total

    async def test_the_summary_counts_and_is_a_minute_old_at_most(
        self, subject: AdministeredService
    ) -> None:
        await subject.admin()
        await newcomer(subject)
        before = await subject.audit.summary(OPERATOR)
        guest = await subject.user_administration.invite(OPERATOR, GUEST)
        await change(subject, OPERATOR, guest.id, is_active=False)
        subject.wait(seconds=61)

        after = await subject.audit.summary(OPERATOR)

        counts = after.users
        assert (3, 2, 1, 1) == (
            counts.total,
            counts.active,
            counts.verified,
            counts.admins,
        )
        assert (2, 2) == (before.users.total, after.live_sessions)
        assert 30 == len(after.days)
        assert subject.clock.now().date() == after.days[-1].date


async def _walk(
    service: AdministeredService, wanted: UserFilter, order: UserOrder
) -> list[str]:
    """Return the usernames of all who are wanted, from pages of two."""
    names: list[str] = []
    cursor: str | None = None
    while True:
        page = await service.user_administration.find(
            OPERATOR, wanted, order, cursor=cursor, limit=2
        )
        names += [user.username for user in page.items]
        cursor = page.next_cursor
        if cursor is None:
            assert len(names) == page.total
            return names
