"""Mailers that are wrong on purpose, each in one way, and one in memory that is right."""

import asyncio
import email
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from email import policy
from email.message import EmailMessage
from functools import cache

from core.errors import MailRefused
from core.model import Mail, MailKind
from core.ports import Mailer
from tests.adapters.mail_renderers import RENDERER
from tests.contract.mailer import MAIL, TOKEN, Arrival, addresses

WRITTEN: dict[tuple[str, str | None], bytes] = {}
"""Mails are the same to most of these mailers, and take time to write and to read."""


def written(mail: Mail) -> bytes:
    key = (repr(mail), mail.token)
    if key not in WRITTEN:
        WRITTEN[key] = RENDERER.message(mail).as_bytes()
    return WRITTEN[key]


@cache
def message_of(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=policy.default)


@dataclass(eq=False)
class Postbox(Mailer):
    arrivals: list[Arrival] = field(default_factory=list)

    async def send(self, mail: Mail) -> str:
        self.drop(mail, self.content(mail))
        return "taken"

    async def ping(self) -> None:
        """Be there."""

    def content(self, mail: Mail) -> bytes:
        return written(mail)

    def recipients(self, _mail: Mail, message: EmailMessage) -> list[str]:
        return addresses(message)

    def drop(self, mail: Mail, content: bytes) -> None:
        message = message_of(content)
        self.arrivals.append(Arrival(tuple(self.recipients(mail, message)), message))


class PutsHtmlFirst(Postbox):
    def content(self, mail: Mail) -> bytes:
        message = RENDERER.message(mail)
        text, html = message.iter_parts()
        message.set_payload([html, text])
        return message.as_bytes()


class SendsNoHtml(Postbox):
    def content(self, mail: Mail) -> bytes:
        message = RENDERER.message(mail)
        text, _ = message.iter_parts()
        message.set_payload([text])
        return message.as_bytes()


class KeepsACopy(Postbox):
    def recipients(self, mail: Mail, message: EmailMessage) -> list[str]:
        return [*super().recipients(mail, message), "archive@scribes.example"]


class LosesTheTokenInHtml(Postbox):
    def content(self, mail: Mail) -> bytes:
        return super().content(mail).replace(f'token={TOKEN}"'.encode(), b'"')


class ForgetsOneKind(Postbox):
    async def send(self, mail: Mail) -> str:
        is_forgotten = mail.kind is MailKind.PASSWORD_CHANGED
        return "taken" if is_forgotten else await super().send(mail)


class SpeaksOneLanguage(Postbox):
    def content(self, mail: Mail) -> bytes:
        return super().content(replace(mail, locale=None))


class ShowsDetailsAsTheyCome(Postbox):
    def content(self, mail: Mail) -> bytes:
        shown = "".join(f"<p>{value}</p>" for value in mail.details.values())
        ending = shown.encode(errors="replace") + b"</body>"
        return super().content(mail).replace(b"</body>", ending)


class ShowsNothingAsNone(Postbox):
    def content(self, mail: Mail) -> bytes:
        greeting = f"Until {mail.expires_at}: hello ".encode()
        return super().content(mail).replace(b"Hello ", greeting, 1)


@dataclass(eq=False)
class NamesEachAttemptAnew(Postbox):
    attempts: int = 0

    def content(self, mail: Mail) -> bytes:
        self.attempts += 1
        return super().content(replace(mail, id=f"{mail.id}{self.attempts}"))


@dataclass(eq=False)
class HasOneDraft(Postbox):
    draft: bytes = b""

    async def send(self, mail: Mail) -> str:
        self.draft = self.content(mail)
        await asyncio.sleep(0)
        self.drop(mail, self.draft)
        return "taken"


class WritesAsciiNames(Postbox):
    def content(self, mail: Mail) -> bytes:
        name = mail.name.encode("ascii", "replace").decode()
        return super().content(replace(mail, name=name))


class RefusesOtherScripts(Postbox):
    async def send(self, mail: Mail) -> str:
        if not mail.to.rpartition("@")[0].isascii():
            raise MailRefused(mail.to)
        return await super().send(mail)


class KnowsTheOldDomainRules(Postbox):
    def recipients(self, mail: Mail, _message: EmailMessage) -> list[str]:
        local, _, domain = mail.to.rpartition("@")
        return [f"{local}@{domain.encode('idna').decode()}"]


class WritesNamesAsTheyCome(Postbox):
    def content(self, mail: Mail) -> bytes:
        content = super().content(mail)
        if not mail.name.isascii():
            return content
        named = f"To: {mail.name} <".encode()
        return named + super().content(replace(mail, name="")).partition(b"To: ")[2]


class ShowsNamesAsTheyCome(Postbox):
    def content(self, mail: Mail) -> bytes:
        shown = b"<p>" + mail.name.encode(errors="replace") + b"</p></body>"
        return super().content(mail).replace(b"</body>", shown)


class WritesAddressesAsTheyCome(Postbox):
    def content(self, mail: Mail) -> bytes:
        if not mail.to.isascii():
            return super().content(mail)
        harmless = replace(mail, to="ann@example.org")
        addressed = f"<{mail.to}>".encode()
        return super().content(harmless).replace(b"<ann@example.org>", addressed, 1)

    def recipients(self, mail: Mail, message: EmailMessage) -> list[str]:
        return (
            mail.to.split(",")
            if mail.to.isascii()
            else super().recipients(mail, message)
        )


class SendsAProbe(Postbox):
    async def ping(self) -> None:
        await self.send(MAIL)


MARKUP = {
    "test_a_name_adds_no_markup",
    "test_an_address_adds_no_headers_recipients_or_markup",
}
ENVELOPE = {
    "test_a_mail_reaches_its_reader_and_nobody_else",
    "test_mails_sent_at_once_all_arrive_once",
    "test_an_address_in_any_script_is_reached",
    "test_a_domain_in_any_script_is_reached_by_its_name_in_the_dns",
    "test_a_name_adds_no_headers_and_no_recipients",
    "test_an_address_adds_no_headers_recipients_or_markup",
}

BROKEN: Mapping[type[Postbox], set[str]] = {
    PutsHtmlFirst: {"test_a_mail_arrives_as_text_and_as_html"},
    SendsNoHtml: {
        "test_a_mail_arrives_as_text_and_as_html",
        "test_text_and_html_carry_the_token_in_a_link",
        "test_every_kind_of_mail_arrives_in_every_language",
        "test_a_name_in_any_script_arrives",
        "test_a_detail_adds_no_headers_and_no_markup",
        *MARKUP,
    },
    KeepsACopy: ENVELOPE,
    LosesTheTokenInHtml: {"test_text_and_html_carry_the_token_in_a_link"},
    ForgetsOneKind: {
        "test_every_kind_of_mail_arrives_in_every_language",
        "test_a_notice_needs_no_token",
    },
    SpeaksOneLanguage: {"test_every_kind_of_mail_arrives_in_every_language"},
    ShowsDetailsAsTheyCome: {"test_a_detail_adds_no_headers_and_no_markup"},
    ShowsNothingAsNone: {"test_a_notice_needs_no_token"},
    NamesEachAttemptAnew: {"test_a_mail_sent_again_is_known_as_the_same"},
    HasOneDraft: {"test_mails_sent_at_once_all_arrive_once"},
    WritesAsciiNames: {"test_a_name_in_any_script_arrives"},
    RefusesOtherScripts: {"test_an_address_in_any_script_is_reached"},
    KnowsTheOldDomainRules: {
        "test_a_domain_in_any_script_is_reached_by_its_name_in_the_dns"
    },
    WritesNamesAsTheyCome: {
        "test_a_name_adds_no_headers_and_no_recipients",
        "test_a_name_adds_no_markup",
    },
    ShowsNamesAsTheyCome: {"test_a_name_adds_no_markup"},
    SendsAProbe: {"test_asking_for_an_answer_sends_nothing"},
    WritesAddressesAsTheyCome: {
        "test_an_address_adds_no_headers_recipients_or_markup",
    },
}
"""Each wrong mailer, and exactly the laws that it breaks."""
