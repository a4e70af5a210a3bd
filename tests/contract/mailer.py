"""The laws of the port ``Mailer``."""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser

from core.errors import MailRefused
from core.model import Locale, Mail, MailKind, Role
from core.ports import Mailer
from tests.contract.base import Contract

TOKEN = "5f0c7a.kR3-_x9Q"
MAIL = Mail(
    id=f"{1:032x}",
    kind=MailKind.VERIFY_EMAIL,
    to="ann@example.org",
    name="Ann Example",
    username="ann",
    token=TOKEN,
    expires_at=datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
    at=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
)

TOKEN_KINDS = (
    MailKind.VERIFY_EMAIL,
    MailKind.RESET_PASSWORD,
    MailKind.INVITATION,
    MailKind.CHANGE_EMAIL,
    MailKind.EMAIL_LEFT,
)
"""Kinds of which a mail can carry a token."""

NOTICES = (*(set(MailKind) - set(TOKEN_KINDS)), MailKind.EMAIL_LEFT)
"""Kinds of which a mail can do without."""

DETAILS = {
    MailKind.NEW_SIGN_IN: {"device": "Firefox on Windows", "address": "192.0.2.7"},
    MailKind.ROLE_CHANGED: {"role": Role.ADMIN.value},
}

HOSTILE_NAMES = (
    "Ann\r\nBcc: eve@example.net",
    "Ann\nBcc: eve@example.net\n\nAnother body",
    "Ann\u2028Bcc: eve@example.net",
    "eve@example.net, Ann",
    "Ann <eve@example.net>",
    'Ann" <eve@example.net>, "',
    "=?utf-8?q?Ann=0D=0ABcc=3A_eve=40example=2Enet?=",
    "=?utf-8?q?=3Ceve=40example=2Enet=3E=2C?= Ann",
    "<script>alert(1)</script>",
    "<a href='//example.net'>win a prize</a>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% include 'secrets' %}",
    "\udcff\x00\x1b[2J Ann",
    "A" * 1500,
)

HOSTILE_DETAILS = (
    "Firefox\r\nBcc: eve@example.net",
    "<script>alert(1)</script>",
    "<a href='//example.net'>win a prize</a>",
    "https://eve@example.net",
)

HOSTILE_ADDRESSES = (
    "ann@example.org\r\nBcc: eve@example.net",
    "ann@example.org\n\nAnother body",
    "ann@example.org, eve@example.net",
    "eve@example.net,ann@example.org",
    "eve@example.net <ann@example.org>",
    "ann@example.org> <eve@example.net",
    "ann@example.org>\r\nRCPT TO:<eve@example.net",
    "ann@example.org BODY=8BITMIME",
    "=?utf-8?q?eve=40example=2Enet=2C?=@example.org",
    "group:eve@example.net;@example.org",
    "ann(@eve.example.net)@example.org",
    "<script>alert(1)</script>@example.org",
    "ann@example.org\x00eve@example.net",
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message, and whom the envelope named."""

    recipients: tuple[str, ...]
    message: EmailMessage


@dataclass(frozen=True, slots=True)
class Post:
    """A mailer, and a look at what has arrived through it so far."""

    mailer: Mailer
    received: Callable[[], Sequence[Arrival]]


class MailerContract(Contract):
    """What every mailer owes its callers."""

    async def test_a_mail_arrives_as_text_and_as_html(self, subject: Post) -> None:
        await subject.mailer.send(MAIL)

        (arrival,) = subject.received()
        assert "multipart/alternative" == arrival.message.get_content_type()
        assert ["text/plain", "text/html"] == [
            part.get_content_type() for part in arrival.message.iter_parts()
        ]

    async def test_asking_for_an_answer_sends_nothing(self, subject: Post) -> None:
        await subject.mailer.ping()
        await subject.mailer.ping()

        assert [] == list(subject.received())

    async def test_a_mail_reaches_its_reader_and_nobody_else(
        self, subject: Post
    ) -> None:
        await subject.mailer.send(MAIL)

        (arrival,) = subject.received()
        assert ("ann@example.org",) == arrival.recipients
        assert ["ann@example.org"] == addresses(arrival.message)

    async def test_text_and_html_carry_the_token_in_a_link(self, subject: Post) -> None:
        await send_all(subject, *(mail_of(kind) for kind in TOKEN_KINDS))

        arrivals = subject.received()
        assert len(TOKEN_KINDS) == len(arrivals)
        for arrival in arrivals:
            (shown, *_) = [w for w in text(arrival.message).split() if TOKEN in w]
            assert shown.startswith("http")
            assert shown.endswith(f"token={TOKEN}")
            assert shown in html(arrival.message).links

    async def test_every_kind_of_mail_arrives_in_every_language(
        self, subject: Post
    ) -> None:
        await send_all(
            subject, *(mail_of(kind, it) for kind in MailKind for it in Locale)
        )

        messages = [arrival.message for arrival in subject.received()]
        for locale in Locale:
            theirs = [it for it in messages if it["Content-Language"] == locale]
            assert {locale.value} == {html(message).language for message in theirs}
            assert len(MailKind) == len({message["Subject"] for message in theirs})

    async def test_a_notice_needs_no_token(self, subject: Post) -> None:
        notices = [mail_of(kind) for kind in NOTICES]
        await send_all(
            subject, *(replace(it, token=None, expires_at=None) for it in notices)
        )

        bodies = [text(arrival.message) for arrival in subject.received()]
        assert len(NOTICES) == len(bodies)
        assert all("1 March 2026" in body and "None" not in body for body in bodies)

    async def test_a_mail_sent_again_is_known_as_the_same(self, subject: Post) -> None:
        await subject.mailer.send(MAIL)
        first = {arrival.message["Message-ID"] for arrival in subject.received()}
        await subject.mailer.send(MAIL)
        both = {arrival.message["Message-ID"] for arrival in subject.received()}

        assert first == both
        assert 1 == len(both)
        assert None not in both

    async def test_mails_sent_at_once_all_arrive_once(self, subject: Post) -> None:
        mails = [
            replace(MAIL, id=f"{n:032x}", to=f"ann{n}@example.org", token=f"{n}.x")
            for n in range(12)
        ]

        await asyncio.gather(*(subject.mailer.send(mail) for mail in mails))

        arrived = subject.received()
        expected = sorted(((mail.to,), f"{mail.token}") for mail in mails)
        assert expected == sorted((a.recipients, token_in(a.message)) for a in arrived)
        assert 12 == len({arrival.message["Message-ID"] for arrival in arrived})

    async def test_a_name_in_any_script_arrives(self, subject: Post) -> None:
        names = ("Zoë Ødegård", "山田 太郎", "Ольга", "محمد", "Nguyễn 🎻")
        for n, name in enumerate(names):
            await subject.mailer.send(replace(MAIL, id=f"{n:032x}", name=name))

        arrived = subject.received()
        assert sorted(names) == sorted(reader_name(a.message) for a in arrived)
        for arrival in arrived:
            name = reader_name(arrival.message)
            assert name in text(arrival.message)
            assert name in html(arrival.message).shown

    async def test_an_address_in_any_script_is_reached(self, subject: Post) -> None:
        await subject.mailer.send(replace(MAIL, to="zoë@example.org"))

        (arrival,) = subject.received()
        assert ("zoë@example.org",) == arrival.recipients
        assert ["zoë@example.org"] == addresses(arrival.message)

    async def test_a_domain_in_any_script_is_reached_by_its_name_in_the_dns(
        self, subject: Post
    ) -> None:
        await subject.mailer.send(replace(MAIL, to="ann@straße.example"))

        (arrival,) = subject.received()
        assert ("ann@xn--strae-oqa.example",) == arrival.recipients

    async def test_a_name_adds_no_headers_and_no_recipients(
        self, subject: Post
    ) -> None:
        await subject.mailer.send(MAIL)
        (harmless,) = subject.received()

        for n, name in enumerate(HOSTILE_NAMES):
            await subject.mailer.send(replace(MAIL, id=f"{n + 2:032x}", name=name))

        arrivals = subject.received()
        assert 1 + len(HOSTILE_NAMES) == len(arrivals)
        for arrival in arrivals:
            assert harmless.message.keys() == arrival.message.keys()
            assert ("ann@example.org",) == arrival.recipients
            assert ["ann@example.org"] == addresses(arrival.message)

    async def test_a_name_adds_no_markup(self, subject: Post) -> None:
        await subject.mailer.send(MAIL)
        (harmless,) = subject.received()

        for n, name in enumerate((*HOSTILE_NAMES, "Tom & Jerry")):
            await subject.mailer.send(replace(MAIL, id=f"{n + 2:032x}", name=name))

        expected = html(harmless.message)
        for page in (html(arrival.message) for arrival in subject.received()):
            assert expected.tags == page.tags
            assert expected.links == page.links

    async def test_a_detail_adds_no_headers_and_no_markup(self, subject: Post) -> None:
        for kind, details in DETAILS.items():
            harmless = mail_of(kind)
            hostile = [
                replace(
                    harmless, id=f"{kind}{n}", details=dict.fromkeys(details, value)
                )
                for n, value in enumerate(HOSTILE_DETAILS)
            ]
            await send_all(subject, harmless, *hostile)

        messages = [arrival.message for arrival in subject.received()]
        assert (1 + len(HOSTILE_DETAILS)) * len(DETAILS) == len(messages)
        looks = {
            (*message.keys(), *html(message).tags, *html(message).links)
            for message in messages
        }
        assert len(DETAILS) == len(looks)
        assert not [it for it in messages if "eve@example.net" in text(it)]

    async def test_an_address_adds_no_headers_recipients_or_markup(
        self, subject: Post
    ) -> None:
        await subject.mailer.send(MAIL)
        (harmless,) = subject.received()

        for n, address in enumerate(HOSTILE_ADDRESSES):
            with suppress(MailRefused):
                await subject.mailer.send(replace(MAIL, id=f"{n + 2:032x}", to=address))

        for arrival in subject.received():
            (recipient,) = arrival.recipients
            assert not recipient.endswith("@example.net")
            assert [recipient] == addresses(arrival.message)
            assert harmless.message.keys() == arrival.message.keys()
            assert html(harmless.message).tags == html(arrival.message).tags


def mail_of(kind: MailKind, locale: Locale | None = None) -> Mail:
    """Return a mail of this kind, with a token if it can have one."""
    mail = replace(
        MAIL,
        id=f"{kind}.{locale}",
        kind=kind,
        locale=locale,
        details=DETAILS.get(kind, {}),
    )
    return mail if kind in TOKEN_KINDS else replace(mail, token=None, expires_at=None)


async def send_all(post: Post, *mails: Mail) -> None:
    for mail in mails:
        await post.mailer.send(mail)


def addresses(message: EmailMessage) -> list[str]:
    # The standard library reads a UTF-8 header as ASCII with escapes.
    return [
        address.addr_spec.encode(errors="surrogateescape").decode()
        for address in message["To"].addresses
    ]


def reader_name(message: EmailMessage) -> str:
    return str(message["To"].addresses[0].display_name)


def text(message: EmailMessage) -> str:
    return _part(message, "plain")


def token_in(message: EmailMessage) -> str:
    (token,) = set(re.findall(r"token=(\S+)", text(message)))
    return str(token)


def html(message: EmailMessage) -> "Page":
    page = Page()
    page.feed(_part(message, "html"))
    return page


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert part is not None
    return str(part.get_content())


class Page(HTMLParser):
    """What a mail program sees in an HTML part."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.shown = ""
        self.language: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "html":
            self.language = dict(attrs)["lang"]
        self.links += [url for name, url in attrs if name in {"href", "src"} and url]

    def handle_data(self, data: str) -> None:
        self.shown += data
