import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.emails.idna import IdnaEmails, a_labels, is_unmistakable, key_of
from core.ports import EmailNormalizer
from tests.adapters.broken_emails import BROKEN
from tests.contract.emails import EmailNormalizerContract

ODD = (
    "\u00df\u017f\u0130\u0131\u03a3\u03c2\ufb01\uff21A\u030a\u0345\u1e9e\u01c5\u212a@.-"
)


class TestIdna(EmailNormalizerContract):
    @pytest.fixture
    def subject(self) -> EmailNormalizer:
        return IdnaEmails()


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_comparison_is_caught_by_the_laws_it_breaks(
    fault: type[IdnaEmails],
) -> None:
    contract, broken = EmailNormalizerContract(), set()
    for law in EmailNormalizerContract.laws():
        try:
            getattr(contract, law)(fault())
        except Exception:  # noqa: BLE001 - broken in any way
            broken.add(law)

    assert BROKEN[fault] == broken


def test_every_law_can_fail() -> None:
    assert set(EmailNormalizerContract.laws()) == set.union(*BROKEN.values())


@given(st.text() | st.text(st.sampled_from(ODD)))
def test_the_key_of_a_key_is_that_key(text: str) -> None:
    assert key_of(text) == key_of(key_of(text))


@pytest.mark.parametrize(
    "email",
    [
        "jane@example.com",
        "Jane.O'Neil+a@Mail.Example.COM",
        "jane@b\u00fccher.example",
        "JANE@B\u00dcCHER.example",
        "jane@bu\u0308cher.example",
        "a\u0308nne@example.com",
        "stra\u00dfe@stra\u00dfe.example",
        "jane@xn--bcher-kva.example",
        "\u0438\u0432\u0430\u043d@\u043f\u0440\u0438\u043c\u0435\u0440.example",
        "\u304b\u3099@\u4f8b\u3048.example",
        "\u0958\u093e@example.com",
    ],
)
def test_an_address_in_any_script_is_unmistakable(email: str) -> None:
    assert is_unmistakable(email)


@pytest.mark.parametrize(
    "email",
    [
        "\uff4fwner@example.com",
        "owner@\uff45xample.com",
        "owner@example\uff0ecom",
        "owner@example\u3002com",
        "\u212aate@example.com",
        "\u212bsa@example.com",
        "\u2126mega@example.com",
        "\ufb01ona@example.com",
        "mi\u017fs@example.com",
        "x\u00b2@example.com",
        "\u2160@example.com",
        "\U0001d41bob@example.com",
        "\uf900@example.com",
        "ow\u00adner@example.com",
        "owner@exa\u00admple.com",
        "ow\u200bner@example.com",
        "ow\u200dner@example.com",
        "ow\ufe0fner@example.com",
        "owner@\u2764.example",
        "owner@xn--a.example",
        "owner@xn--i-7iq.example",
    ],
)
def test_an_address_that_could_be_taken_for_another_is_not(email: str) -> None:
    assert not is_unmistakable(email)


@given(st.text(min_size=1) | st.text(st.sampled_from(ODD), min_size=1))
def test_no_two_unmistakable_spellings_of_a_key_look_different(local: str) -> None:
    email = f"{local}@example.com"
    if is_unmistakable(email):
        key = key_of(email)
        assert is_unmistakable(key)


@pytest.mark.parametrize(
    ("domain", "known_as"),
    [
        ("Example.COM", "example.com"),
        ("Stra\u00dfe.example", "xn--strae-oqa.example"),
        ("exa\u00admple.com", "example.com"),
        ("a\u3002b.example", "a.b.example"),
        ("\u2764.example", None),
        ("xn--a.example", None),
    ],
)
def test_a_domain_is_known_as_it_is_delivered_to(
    domain: str, known_as: str | None
) -> None:
    assert known_as == a_labels(domain)
