import pytest

from core import errors
from core.redaction import redacted


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("redis://me:pw@host", "redis://***@host"),
        ("redis://:pw@host:1/0", "redis://***@host:1/0"),
        ("a redis://me@host b", "a redis://***@host b"),
        ("postgresql+x://me:p@w@host/x", "postgresql+x://***@host/x"),
        ("redis://me:p/w?x#y@host/x", "redis://***@host/x"),
        ("'https://me:pw@host/'\nhttp://a:b@c", "'https://***@host/'\nhttp://***@c"),
        ("HTTPS://ME:PW@HOST", "HTTPS://***@HOST"),
        ("https://host/path", "https://host/path"),
        ("https://host/path me@example.com", "https://host/path me@example.com"),
        ("me@example.com, see https://host", "me@example.com, see https://host"),
        (
            "postgresql://h/x?user=me&password=pw",
            "postgresql://h/x?user=me&password=***",
        ),
        ("postgresql://h/x?sslpassword=pw&a=b", "postgresql://h/x?sslpassword=***&a=b"),
        (
            "mongodb://h/?tlsCertificateKeyFilePassword=pw",
            "mongodb://h/?tlsCertificateKeyFilePassword=***",
        ),
        (
            "mongodb://h/?authMechanismProperties=AWS_SESSION_TOKEN:x",
            "mongodb://h/?authMechanismProperties=***",
        ),
        ("https://host/verify-email?token=x", "https://host/verify-email?token=x"),
        ("", ""),
    ],
)
def test_between_scheme_and_host_nothing_is_shown(text: str, shown: str) -> None:
    assert shown == redacted(text)


@pytest.mark.parametrize(
    "error",
    [
        errors.BadConfiguration(["one", "no redis://me:pw@host"]),
        errors.SecretsUnavailable("no redis://me:pw@host"),
        errors.MailUnavailable("no redis://me:pw@host"),
    ],
)
def test_what_an_operator_is_told_shows_nothing_more(
    error: errors.OperationError,
) -> None:
    assert str(error).endswith("no redis://***@host")
    if isinstance(error, errors.BadConfiguration):
        assert ("one", "no redis://***@host") == error.problems


def test_nor_does_the_cause_of_what_is_unavailable() -> None:
    error = errors.Unavailable()
    error.__cause__ = OSError("no redis://me:pw@host")

    assert "no redis://***@host" == error.reason


def test_what_clients_make_up_takes_no_more_time_than_it_is_long() -> None:
    # Would be minutes if every scheme were looked at up to the end.
    hostile = "a://" * 500_000

    assert hostile == redacted(hostile)
    assert "x://***@" == redacted("x://" + "@" * 2_000_000)
    for part in ("?", "&password", "?" + "a" * 40):
        text = "x://=" + part * 100_000
        assert text == redacted(text)


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (TimeoutError(), "no answer in time"),
        (ConnectionResetError(), "ConnectionResetError"),
        (OSError("gone"), "gone"),
    ],
)
def test_what_is_unavailable_always_has_a_reason(cause: Exception, reason: str) -> None:
    error = errors.Unavailable()
    error.__cause__ = cause

    assert reason == error.reason


def test_no_traceback_of_a_wrong_configuration_shows_more() -> None:
    assert "no redis://***@host" == str(
        errors.BadConfiguration(["no redis://a:b@host"])
    )
