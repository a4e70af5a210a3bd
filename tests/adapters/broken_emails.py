"""Comparisons of addresses that are wrong on purpose, each in one way."""

from collections.abc import Mapping
from unicodedata import normalize

from adapters.emails.idna import IdnaEmails

ONE = "test_spellings_of_one_mailbox_have_one_key"
TWO = "test_two_mailboxes_have_two_keys"
ANY = "test_any_text_has_a_key_which_is_its_own"


class FoldsCompatibility(IdnaEmails):
    """As the first version did."""

    def key(self, email: str) -> str:
        return normalize("NFKC", normalize("NFKC", email).casefold())


class FoldsCase(IdnaEmails):
    def key(self, email: str) -> str:
        return super().key(email.casefold())


class ComparesLetterByLetter(IdnaEmails):
    def key(self, email: str) -> str:
        return email.lower()


class KnowsTheOldDomainRules(IdnaEmails):
    def key(self, email: str) -> str:
        local, at, domain = email.rpartition("@")
        try:
            known_as = domain.encode("idna").decode()
        except UnicodeError:
            return super().key(email)
        return super().key(f"{local}{at}{known_as}")


class ForgetsTheLocalPartsForm(IdnaEmails):
    def key(self, email: str) -> str:
        local, at, _ = email.rpartition("@")
        domain = super().key(email).rpartition("@")[2]
        return f"{local.lower()}{at}{domain}"


class RaisesOnNonsense(IdnaEmails):
    def key(self, email: str) -> str:
        if not email.rpartition("@")[0]:
            raise ValueError(email)
        return super().key(email)


class MarksItsKeys(IdnaEmails):
    def key(self, email: str) -> str:
        return f"mailto:{super().key(email)}"


BROKEN: Mapping[type[IdnaEmails], set[str]] = {
    FoldsCompatibility: {ONE, TWO, ANY},
    FoldsCase: {ONE, TWO},
    ComparesLetterByLetter: {ONE},
    KnowsTheOldDomainRules: {ONE, TWO},
    ForgetsTheLocalPartsForm: {ONE},
    RaisesOnNonsense: {ANY, TWO},
    MarksItsKeys: {ANY, "test_an_ordinary_address_is_its_own_key"},
}
"""Each wrong comparison, and exactly the laws that it breaks."""
