import pytest
from pydantic import TypeAdapter, ValidationError

from entrypoints.fields import Email, FullName, KnownEmail

NAMES: TypeAdapter[str | None] = TypeAdapter(FullName)
EMAILS: TypeAdapter[str] = TypeAdapter(Email)
KNOWN: TypeAdapter[str] = TypeAdapter(KnownEmail)


@pytest.mark.parametrize(
    "name",
    [
        " ",
        "   ",
        "\u00a0",
        "\u3000\u2003",
        "\u200b",
        "\u200d\u200d",
        "\ufe0f",
        "\u2060",
        "\ufeff",
        "\u00ad",
        "\u034f",
        "\u115f",
        "\u3164",
        "\uffa0",
        "\u2800",
        "\u0301",
        "\U000e0041",
        "\U0001d159",
        "Ann\u202emoc.live",
        "\u202dAnn",
        "Ann\u2066b\u2069",
        "Ann\u200e",
        "Ann\u061c",
        "A\u200bnn",
        "A\u00adnn",
        "A\u3164nn",
        "Ann\U000e0041",
        "Ann\ue000",
        "Ann\u2028",
        "Ann\x00",
    ],
)
def test_a_name_that_nobody_sees_or_that_hides_something_is_refused(name: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        NAMES.validate_python(name)

    (problem,) = refusal.value.errors()
    assert problem["msg"].startswith("Must not")


@pytest.mark.parametrize(
    "name",
    [
        "Ann Example",
        " Ann ",
        "\u0645\u06cc\u200c\u0645",
        "\u0915\u094d\u200d\u0937",
        "Nguy\u1ec5n \U0001f3bb",
        "\U0001f469\u200d\U0001f680",
        "\u2764\ufe0f",
        "\U0001fae8",
        "\u0b95\u0bc7.",
        "a\u0308",
        "7",
    ],
)
def test_a_name_in_any_script_is_taken_as_it_is(name: str) -> None:
    assert name == NAMES.validate_python(name)


def test_a_name_left_empty_is_none() -> None:
    assert NAMES.validate_python("") is None


@pytest.mark.parametrize(
    "email",
    ["\uff4fwner@example.com", "owner@example\uff0ecom", "mi\u017fs@example.com"],
)
def test_an_address_that_only_looks_like_another_can_be_asked_for_and_not_registered(
    email: str,
) -> None:
    assert email == KNOWN.validate_python(email)
    with pytest.raises(ValidationError) as refusal:
        EMAILS.validate_python(email)

    (problem,) = refusal.value.errors()
    assert "ordinary letters" in problem["msg"]
    assert email not in problem["msg"]


@pytest.mark.parametrize(
    "email",
    [
        "jane@127.0.0.1",
        "jane@mail.127",
        "jane@127.1",
        "jane@0x7f.1",
        "jane@mail.0x7f",
        "a" * 65 + "@example.com",
        "\u00e9" * 33 + "@example.com",
    ],
)
def test_an_address_that_no_mail_reaches_is_refused(email: str) -> None:
    with pytest.raises(ValidationError, match="Not a valid e-mail address"):
        EMAILS.validate_python(email)


@pytest.mark.parametrize(
    "email",
    [
        "jane@1.example.com",
        "jane@163.com",
        "jane@0x7f.example",
        "a" * 64 + "@example.com",
        "\u00e9" * 32 + "@example.com",
    ],
)
def test_an_address_at_the_bounds_is_taken(email: str) -> None:
    assert email == EMAILS.validate_python(email)
