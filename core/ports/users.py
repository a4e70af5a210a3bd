"""Where users and their credentials are kept."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.model import (
    Account,
    Credentials,
    Found,
    OneTimeToken,
    Place,
    Purpose,
    Session,
    SessionId,
    TokenId,
    User,
    UserChange,
    UserFilter,
    UserId,
    UserOrder,
)
from core.model.events import Event


class UserRepository(Protocol):
    """
    The accounts.

    Unique is what stands in ``email_key``, and what stands in ``username_key``, character
    by character and nothing else: a storage folds nothing, trims nothing, and makes no
    key by itself.
    """

    @abstractmethod
    async def add(
        self,
        user: User,
        credentials: Credentials,
        *,
        token: OneTimeToken | None,
        events: Sequence[Event],
    ) -> User:
        """
        Store a new user under the next free id and return it with that id.

        ``user.id``, ``token.user_id`` and the events' ``user_id`` are ``UNSAVED``; the
        new id is stored in each. Raises ``EmailTaken`` if another user has the same
        ``email_key``, else ``UsernameTaken`` for the same ``username_key``: of any
        number of callers with one name, one succeeds.
        """

    @abstractmethod
    async def get(self, user_id: UserId) -> User | None:
        """Return the user, or None."""

    @abstractmethod
    async def by_email(self, email_key: str) -> User | None:
        """Return the user whose ``email_key`` this is, or None."""

    @abstractmethod
    async def account(self, user_id: UserId) -> Account | None:
        """Return the user and their credentials, in one look; or None."""

    @abstractmethod
    async def account_by_email(self, email_key: str) -> Account | None:
        """Return whose ``email_key`` this is, with their credentials, in one look; or None."""

    @abstractmethod
    async def find(
        self,
        wanted: UserFilter,
        order: UserOrder,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[User]:
        """
        Return up to ``limit`` users from behind ``after``, and how many are wanted in all.

        Who is there throughout is on one page, and on one only, whatever others do, as long
        as what places them stays. The cost is bounded by what matches the most selective
        part of the filter, or by what is skipped until the page is full: the store never
        reads all users to sort or to filter them.
        """

    @abstractmethod
    async def change(
        self, change: UserChange, *, events: Sequence[Event]
    ) -> User | None:
        """
        Store ``after`` but for ``id``, ``stamp``, ``created_at``, ``last_login_at``; return it.

        The stamp grows by one. None, and no change, unless the stored stamp is that of
        ``before``, and the token that it spends is there, is unspent and has not expired:
        of any number of callers with one stamp, one succeeds. The token that was spent is
        gone. Raises ``EmailTaken``, else ``UsernameTaken``, for what another user has, and
        ``LastAdmin`` for a change that leaves no administrator who is active and has a
        password, where there was one: of any number of changes and removals at one moment,
        those succeed that leave one.
        """

    @abstractmethod
    async def remove(
        self, user_id: UserId, *, stamp: int | None, events: Sequence[Event]
    ) -> bool:
        """
        Remove a user, and all that names them; nobody gets the id again.

        Sessions, tokens and the row are gone. Earlier events stay, with their numbers, but
        those about the user lose ``address``, ``label`` and ``data``, and those which the
        user caused ``address`` and ``label``; ``events`` are stored as they are. False, and
        no change, if there is no such user, or the stored stamp is not ``stamp``, unless
        that is None: of any number of callers, one gets True. Raises ``LastAdmin`` as
        ``change`` does.
        """

    @abstractmethod
    async def verify_email(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> User | None:
        """
        Spend a ``VERIFY_EMAIL`` token and mark its user verified; return the user after.

        The stamp grows by one. The token stays, with its ``spent_at``. None, and no change, if it is not there,
        spent, or expired at ``at``: of any number of callers, one gets the user.
        """

    @abstractmethod
    async def remove_unverified(
        self, token_id: TokenId, *, at: datetime, events: Sequence[Event]
    ) -> bool:
        """
        Spend a ``VERIFY_EMAIL`` token on removing its user, who is not verified yet.

        No administrator is removed like that.         What names the user is gone as with ``remove``: names are free, and nobody gets the
        id again. False, and no change, if the user is
        verified or an administrator, and for a token as with ``verify_email``: of any number of callers of
        the two, one succeeds.
        """

    @abstractmethod
    async def reset_password(
        self,
        token_id: TokenId,
        *,
        purpose: Purpose,
        new_hash: str,
        at: datetime,
        events: Sequence[Event],
    ) -> User | None:
        """
        Spend a token of this purpose, replace the hash, end all the user's sessions.

        The purpose is ``RESET_PASSWORD`` or ``INVITATION``, and the user's tokens of
        ``VOIDED_BY_RESET`` are gone then. There need be no hash to replace. The user is verified by it, too,
        and the stamp grows by one. Sessions end at ``at`` with reason
        ``PASSWORD_RESET``. Returns as ``verify_email``.
        """

    @abstractmethod
    async def change_password(  # noqa: PLR0913 - all of it changes together
        self,
        user_id: UserId,
        *,
        stamp: int,
        new_hash: str,
        renews: SessionId,
        successor: Session,
        at: datetime,
        events: Sequence[Event],
    ) -> bool:
        """
        Replace the hash, end all the user's sessions, store their ``successor``.

        The stamp grows by one. Mailed tokens stay, but for ``CHANGE_EMAIL``: whoever asked
        for it knew the password of before. False, and no change,
        unless the stored stamp is ``stamp``, the user is active, and ``renews`` is a
        session of theirs that has not ended: of any number of callers, one succeeds.
        Sessions end with reason ``PASSWORD_CHANGED``.
        """

    @abstractmethod
    async def replace_hash(
        self, user_id: UserId, *, stamp: int, old_hash: str, new_hash: str
    ) -> bool:
        """
        Store the same password hashed anew; no session ends, nothing of the user changes.

        False, and no change, unless the stored stamp is ``stamp``, and the stored hash
        ``old_hash``: a password that was replaced meanwhile does not come back, even where
        something else than this program replaced it and left the stamp.
        """
