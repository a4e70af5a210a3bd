import pytest

from config.loading import load_settings, warnings
from core.errors import BadConfiguration
from tests.unit.environment import STRONG, Environment


def _problem() -> str:
    with pytest.raises(BadConfiguration) as bad:
        load_settings()
    (problem,) = bad.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://a.example.com/", "https://a.example.com"),
        ("https://A.Example.COM", "https://a.example.com"),
        ("HTTPS://a.example.com", "https://a.example.com"),
        ("https://a.example.com:443", "https://a.example.com"),
        ("http://a.example.com:80/", "http://a.example.com"),
        ("http://localhost:3000/", "http://localhost:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://b\u00fccher.example", "https://xn--bcher-kva.example"),
        ("https://stra\u00dfe.example", "https://xn--strae-oqa.example"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("*", "*"),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(
    environment: Environment, text: str, origin: str
) -> None:
    environment.set(CORS_ORIGINS=text)

    assert (origin,) == load_settings().cors_origins


@pytest.mark.parametrize("name", ["PORT", "SMTP_PORT"])
@pytest.mark.parametrize("link", ["tcp://10.0.0.5:25", "tcp://[fd00::1]:25"])
def test_a_port_that_kubernetes_injects_is_told_as_such(
    environment: Environment, name: str, link: str
) -> None:
    environment.set(**{name: link})

    problem = _problem()

    assert problem.startswith(f"{name}: ")
    assert "enableServiceLinks: false" in problem


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("PORT", "8000/tcp", "write a whole number"),
        ("WORKERS", "auto", "write a whole number"),
        ("DOCS_ENABLED", "disabled", "write true or false"),
        ("OUTBOX_POLL_SECONDS", "soon", "write a number"),
        ("HOST", "127.0.0.1:8000", "write the address alone"),
        ("HOST", "http://127.0.0.1", "write the address alone"),
        ("HOST", "*", "write 0.0.0.0"),
        ("PUBLIC_URL", "https://auth.example.com\\x", "a blank is %20"),
        ("APP_URL", "https://app.example.com/my app", "a blank is %20"),
    ],
)
def test_a_bad_value_is_told_with_what_to_write(
    environment: Environment, name: str, value: str, advice: str
) -> None:
    environment.set(**{name: value})

    problem = _problem()

    assert problem.startswith(f"{name}: ")
    assert advice in problem


def test_a_bad_value_is_no_missing_one_as_well(environment: Environment) -> None:
    good = {"JWT_SECRET_KEY": STRONG, "SMTP_HOST": "mail.example.com:25"}
    environment.set(
        APP_ENV="production", SINGLE_REPLICA="true", PUBLIC_URL="https://a.example.com"
    )
    environment.set(**good)

    assert _problem().startswith("SMTP_HOST: write the host alone")


def test_blanks_around_a_url_and_brackets_around_a_host_are_no_part_of_it(
    environment: Environment,
) -> None:
    environment.set(PUBLIC_URL="https://a.example.com/ ", HOST="[::1]")

    settings = load_settings()

    assert ("https://a.example.com", "::1") == (settings.base_url, settings.host)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://a.example.com/app", "write https://a.example.com"),
        ("https://A.example.com:443/?x=1", "write https://a.example.com"),
        ("a.example.com", "https://a.example.com"),
        ("localhost:3000", "the scheme"),
        ("null", "name the site"),
        ("https://*.example.com", "name each one"),
        ("*,https://a.example.com", "alone"),
        ("https://a.example.com;https://b.example.com", "by commas"),
        ("https://a.example.com https://b.example.com", "by commas"),
        ('["https://a.example.com"]', "by commas"),
        ("https://", "write https://HOST"),
        ("https://a.example.com:99999", "write https://HOST"),
        ("//a.example.com", "the scheme"),
    ],
)
def test_what_is_no_origin_is_refused_with_what_to_write(
    environment: Environment, text: str, told: str
) -> None:
    environment.set(CORS_ORIGINS=text)

    problem = _problem()

    assert problem.startswith("CORS_ORIGINS: ")
    assert told in problem


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("PUBLIC_URL", "auth.example.com", "write it with its scheme: https://auth"),
        ("PUBLIC_URL", "auth.example.com:8443", "https://auth.example.com:8443"),
        ("PUBLIC_URL", "ftp://auth.example.com", "write https://HOST"),
        ("PUBLIC_URL", "https://auth.example.com/?x=1", "without ? and #"),
        ("VERIFY_EMAIL_URL", "app.example.com", "with its scheme"),
        ("SMTP_HOST", "mail.example.com:587", "SMTP_PORT=587"),
        ("SMTP_HOST", "smtp://mail.example.com", "the host alone"),
        ("SMTP_HOST", "mail.example.com/x", "the host alone"),
    ],
)
def test_a_problem_says_what_to_write(
    environment: Environment, variable: str, value: str, told: str
) -> None:
    environment.set(**{variable: value})

    problem = _problem()

    assert problem.startswith(f"{variable}: ")
    assert told in problem


@pytest.mark.parametrize("host", ["mail", "mail.example.com", "192.0.2.1", "::1"])
def test_a_mail_host_is_a_name_or_an_address(
    environment: Environment, host: str
) -> None:
    environment.set(SMTP_HOST=host)

    assert host == load_settings().smtp_host


@pytest.mark.parametrize(
    ("variable", "value", "meant"),
    [
        ("LOG_LEVEL", "info", "INFO"),
        ("LOG_LEVEL", "Debug", "DEBUG"),
        ("LOG_FORMAT", "JSON", "json"),
        ("APP_ENV", "Development", "development"),
        ("SMTP_TLS", "STARTTLS", "starttls"),
        ("REFRESH_ROTATION", "Strict", "strict"),
        ("JWT_ALGORITHM", "hs512", "HS512"),
        ("JWT_ALGORITHM", "eddsa", "EdDSA"),
        ("FORWARDED_HEADER", "X-Forwarded-For", "x-forwarded-for"),
        ("PASSWORD_POLICY", " GUIDE ", "guide"),
    ],
)
def test_one_of_a_few_words_may_be_written_in_any_case(
    environment: Environment, variable: str, value: str, meant: str
) -> None:
    environment.set(**{variable: value})

    assert meant == getattr(load_settings(), variable.lower())


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_one_line_end_is_no_part_of_a_plain_secret_either(
    environment: Environment, end: str
) -> None:
    environment.set(
        JWT_SECRET_KEY=STRONG + end,
        SMTP_HOST="mail",
        SMTP_USER="me" + end,
        SMTP_PASSWORD="secret" + end,
        DATABASE_URL="memory://" + end,
    )

    settings = load_settings()

    assert STRONG == settings.jwt_versions[0].value
    assert ("memory://", "me") == (settings.storage_url, settings.smtp_user)
    assert settings.smtp_password is not None
    assert "secret" == settings.smtp_password.get_secret_value()


@pytest.mark.parametrize(
    "variable", ["JWT_SECRET_KEY", "SMTP_PASSWORD", "DATABASE_URL", "REDIS_URL"]
)
@pytest.mark.parametrize("source", ["environment", "secret"])
def test_json_in_place_of_a_value_is_told_with_how_to_name_its_field(
    environment: Environment, variable: str, source: str
) -> None:
    (environment.directory / "db").write_text('{"username": "me", "value": "hunter2"}')
    content = '{"username": "me", "value": "hunter2"}'
    given = {"JWT_SECRET_KEY": STRONG, "SECRETS_URL": environment.directory.as_uri()}
    given[variable] = content if source == "environment" else "secret:db"
    environment.set(**given)

    problem = _problem()

    assert problem.startswith(f"{variable}: ")
    assert "JSON" in problem
    assert "#" in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"SMTP_PORT": "465", "SMTP_TLS": "starttls"}, "SMTP_TLS: on port 465"),
    ],
)
def test_what_a_mail_server_would_never_answer_is_refused(
    environment: Environment, settings: dict[str, str], told: str
) -> None:
    environment.set(SMTP_HOST="mail.example.com", **settings)

    assert _problem().startswith(told)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"SMTP_USER": "me", "SMTP_PASSWORD": "x"}, "SMTP_USER, SMTP_PASSWORD: of no"),
        ({"SMTP_TLS": "starttls"}, "SMTP_TLS: of no effect without SMTP_HOST"),
        ({"SMTP_HOST": "mail", "SMTP_TLS": "implicit"}, "SMTP_TLS=implicit: on port"),
    ],
)
def test_settings_of_a_mail_server_that_may_not_be_meant_are_told(
    environment: Environment, settings: dict[str, str], told: str
) -> None:
    environment.set(**settings)

    (warning,) = warnings(load_settings())

    assert warning.startswith(told)


@pytest.mark.parametrize("content", [b"\xff\xfeP\0O\0", b"PORT=1\nX=\xff\n", b"\x80"])
def test_a_dotenv_file_that_is_no_text_is_told_in_one_line(
    environment: Environment, content: bytes
) -> None:
    (environment.directory / ".env").write_bytes(content)

    assert _problem().startswith(".env: is not text in UTF-8")


def test_a_mark_at_the_beginning_of_a_dotenv_file_is_no_letter(
    environment: Environment,
) -> None:
    (environment.directory / ".env").write_bytes(b"\xef\xbb\xbfPORT=1\n")

    assert 1 == load_settings().port


@pytest.mark.parametrize(
    "variable", ["JWT_SECRET_KEY", "DATABASE_URL", "SMTP_PASSWORD", "PORT", "LOG_LEVEL"]
)
def test_a_variable_that_is_no_text_is_told(
    environment: Environment, variable: str
) -> None:
    environment.set(**{variable: "\udcff" * 40})

    assert f"{variable}: is not text in UTF-8" in _problem()


def test_a_secret_file_that_is_no_text_is_told(environment: Environment) -> None:
    (environment.directory / "jwt-secret").write_bytes(b"\x30\x82\xff\xfe")
    environment.set(SECRETS_URL=environment.directory.as_uri())

    problem = _problem()

    assert problem.startswith("JWT_SECRET_KEY: ")
    assert "is not text in UTF-8; store a password as text, a key as PEM" in problem
