"""What holds for every mail of every language."""

from collections import Counter
from collections.abc import Iterable
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from jinja2 import BaseLoader, DictLoader, Environment, PackageLoader, meta

from adapters.mail.samples import samples
from core.model import Locale, Mail, MailKind
from core.operations.mail_composer import NEED_TOKEN
from tests.adapters.mail_renderers import RENDERER
from tests.contract.mailer import html, text

SAMPLES = {mail.id: mail for mail in samples()}
LOADER = PackageLoader("adapters.mail")
HTML_ONLY = {
    Locale.EN: "If the button does not work, copy this link into your browser:",
    Locale.DE: "Falls die Schaltfläche nicht funktioniert, kopieren Sie diesen Link in"
    " Ihren Browser:",
}


class Dictation(HTMLParser):
    """An HTML part as somebody writes it down who can't draw: links behind their words."""

    def __init__(self) -> None:
        super().__init__()
        self.written = ""
        self._link: str | None = None
        self._inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._link = dict(attrs)["href"]
        if tag in {"title", "style", "h1"}:
            self._inside.append(tag)
        if tag in {"p", "br"}:
            self.written += "\n"

    def handle_endtag(self, tag: str) -> None:
        if self._inside and tag == self._inside[-1]:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside:
            return
        self.written += data
        if self._link and data != self._link:
            self.written += f": {self._link}\n"
        self._link = None


def words_of_text(message: EmailMessage) -> list[str]:
    """Return what the text says, but for the service's name, which signs it."""
    body, _, footer = text(message).partition(f"\n--\n{RENDERER.from_name}\n")
    return f"{body}\n{footer}".split()


def words_of_html(message: EmailMessage, mail: Mail) -> list[str]:
    """Return what the HTML says, but for its head, its heading and what explains a button."""
    part = message.get_body(("html",))
    assert part is not None
    dictation = Dictation()
    dictation.feed(part.get_content())
    _, name, written = dictation.written.partition(RENDERER.from_name)
    assert name
    again = f"{HTML_ONLY[mail.locale or Locale.EN]}\n{RENDERER.link(mail)}"
    return written.replace(again, "").split()


def sources(loader: BaseLoader) -> dict[str, str]:
    return {
        name: loader.get_source(Environment(), name)[0]  # noqa: S701 - renders nothing
        for name in loader.list_templates()
    }


def faults(loader: BaseLoader) -> list[str]:
    """Return in what one language has less than another."""
    parser = Environment()  # noqa: S701 - renders nothing
    used = {
        name: meta.find_undeclared_variables(parser.parse(source))
        for name, source in sources(loader).items()
        if "/" in name  # a language's own
    }
    names = [*MailKind, "phrases"]
    wanted = {f"{locale}/{name}.jinja" for locale in Locale for name in names}
    found = [f"{name} is missing or needless" for name in wanted ^ set(used)]
    for name in names:
        versions = [used.get(f"{locale}/{name}.jinja", set()) for locale in Locale]
        uses = Counter(variable for version in versions for variable in version)
        missing = [it for it in uses if uses[it] < len(Locale)]
        found += [f"{name} has {it} in one language only" for it in sorted(missing)]
    return found


def every(mails: Iterable[str] = SAMPLES) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("mail_id", sorted(mails))


def test_there_is_a_sample_of_every_kind_in_every_language() -> None:
    wanted = {(kind, locale) for kind in MailKind for locale in Locale}

    assert wanted == {(mail.kind, mail.locale) for mail in SAMPLES.values()}
    assert len(SAMPLES) == len(list(samples()))
    assert NEED_TOKEN <= {mail.kind for mail in SAMPLES.values() if mail.token}


@every()
def test_text_and_html_say_the_same(mail_id: str) -> None:
    mail = SAMPLES[mail_id]
    message = RENDERER.message(mail)

    assert len(words_of_text(message)) > 40
    assert words_of_text(message) == words_of_html(message, mail)


@every()
def test_text_and_html_lead_to_the_same_pages(mail_id: str) -> None:
    message = RENDERER.message(SAMPLES[mail_id])

    named = {word for word in text(message).split() if word.startswith("http")}
    assert named == set(html(message).links)


@every()
def test_html_loads_nothing_from_elsewhere(mail_id: str) -> None:
    page = html(RENDERER.message(SAMPLES[mail_id]))

    assert not {"img", "link", "script", "iframe"} & set(page.tags)


@every()
def test_html_can_be_read_aloud(mail_id: str) -> None:
    message = RENDERER.message(SAMPLES[mail_id])
    part = message.get_body(("html",))
    assert part is not None
    page, source = html(message), part.get_content()

    assert page.language == message["Content-Language"]
    assert ["title", "h1"] == [tag for tag in page.tags if tag in {"title", "h1", "h2"}]
    assert page.tags.count("table") == source.count('role="presentation"')


def test_both_languages_say_every_kind_with_the_same_variables() -> None:
    assert [] == faults(LOADER)


def test_a_template_that_misses_a_variable_is_found() -> None:
    wrong = sources(LOADER)
    name = "de/reset_password.jinja"
    wrong[name] = wrong[name].replace("strong(expires)", "strong('morgen')")

    assert ["reset_password has expires in one language only"] == faults(
        DictLoader(wrong)
    )


def test_a_kind_that_one_language_lacks_is_found() -> None:
    wrong = sources(LOADER)
    del wrong["de/invitation.jinja"]

    assert "de/invitation.jinja is missing or needless" in faults(DictLoader(wrong))


def test_no_line_of_a_template_is_lost_in_a_paragraph() -> None:
    page = html(RENDERER.message(SAMPLES["en-verify_email"]))

    assert "Email address: kim@example.org\nUsername: kim" in page.shown
    assert "br" in page.tags
