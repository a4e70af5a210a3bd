"""Faults of finding users by a text."""

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from unicodedata import combining, normalize

from adapters.storage.memory.users import MemoryUsers
from core.model import Found, Place, User, UserFilter, UserOrder
from tests.adapters.broken_storage import breaks


class Searches(MemoryUsers):
    """Compares texts in some other way."""

    async def find(
        self,
        wanted: UserFilter,
        order: UserOrder,
        *,
        after: Place | None,
        limit: int,
        count_to: int,
    ) -> Found[User]:
        anybody = replace(wanted, text=None)
        found = await super().find(
            anybody, order, after=after, limit=9999, count_to=9999
        )
        text = wanted.text
        items = [it for it in found.items if text is None or self.fits(it[1], text)]
        total = found.total if text is None else len(items)
        return Found(items[:limit], min(total, count_to))

    def fits(self, user: User, text: str) -> bool:
        return text in user.search_text


@breaks("what is searched for is text and no pattern")
class TakesStarsForAnything(Searches):
    def fits(self, user: User, text: str) -> bool:
        return fnmatchcase(user.search_text, f"*{text}*")


@breaks("what is searched for is text and no pattern")
class TakesTextsForPatternsOfSql(Searches):
    def fits(self, user: User, text: str) -> bool:
        pattern = re.escape(text).replace("%", ".*").replace("_", ".")
        return re.search(pattern, user.search_text) is not None


@breaks("what is searched for is text and no pattern")
class StripsBackslashes(Searches):
    def fits(self, user: User, text: str) -> bool:
        return text.replace("\\", "") in user.search_text


@breaks(
    "a name is found in any case and either form",
    "a part of any name is enough to find somebody",
    "of who is found every filter holds",
    "what is searched for is text and no pattern",
    "who was changed is found by what they are called now",
)
class FindsBeginningsOnly(Searches):
    def fits(self, user: User, text: str) -> bool:
        return user.search_text.startswith(text)


@breaks(
    "a name is found in any case and either form",
    "a part of any name is enough to find somebody",
    "of who is found every filter holds",
    "what is searched for is text and no pattern",
    "who was changed is found by what they are called now",
)
class FindsWordsOnly(Searches):
    def fits(self, user: User, text: str) -> bool:
        return text in re.split(r"[\s@.]", user.search_text)


@breaks(
    "a part of any name is enough to find somebody",
    "what is searched for is text and no pattern",
    "who was changed is found by what they are called now",
)
class FindsThreeLettersAtLeast(Searches):
    def fits(self, user: User, text: str) -> bool:
        return len(text) > 2 and text in user.search_text


@breaks(
    "a name is found in any case and either form",
    "a part of any name is enough to find somebody",
    "of who is found every filter holds",
    "what is searched for is text and no pattern",
    "who was changed is found by what they are called now",
)
class SearchesNoFullNames(Searches):
    def fits(self, user: User, text: str) -> bool:
        return text in replace(user, full_name=None).search_text


@breaks(
    "a name is found in any case and either form",
    "a part of any name is enough to find somebody",
    "who was changed is found by what they are called now",
)
class SearchesFullNamesOnly(Searches):
    def fits(self, user: User, text: str) -> bool:
        return text in (user.full_name or user.search_text).lower()


@breaks(
    "a name is found in any case and either form",
    "a part of any name is enough to find somebody",
    "of who is found every filter holds",
    "who was changed is found by what they are called now",
)
class SearchesNamesAsTyped(Searches):
    def fits(self, user: User, text: str) -> bool:
        return any(
            text in it for it in (user.email, user.username, user.full_name or "")
        )


@breaks("a name is found in any case and either form")
class SearchesEitherForm(Searches):
    def fits(self, user: User, text: str) -> bool:
        names = (user.email, user.username, user.full_name or "")
        return any(text in name.lower() for name in names)


@breaks("a name is found in any case and either form")
class IgnoresAccents(Searches):
    def fits(self, user: User, text: str) -> bool:
        return _bare(text) in _bare(user.search_text)


@breaks(
    "a part of any name is enough to find somebody",
    "of who is found every filter holds",
)
class HidesTheInactive(Searches):
    def fits(self, user: User, text: str) -> bool:
        return user.is_active and super().fits(user, text)


def _bare(text: str) -> str:
    return "".join(it for it in normalize("NFD", text) if not combining(it))
