"""The keyring that the settings ask for, and what is wrong with its keys."""

from adapters.tokens.secret_keys import SecretKeys
from config.settings import Settings
from core import errors
from core.keys.keyring import Keyring
from core.ports import KeyParser


def initial_keyring(settings: Settings) -> Keyring:
    """Return the keys as of the start; without a secret an empty ring, to be loaded."""
    ring = Keyring(_parser(settings), settings.key_rules)
    if settings.jwt_versions:
        ring.load(settings.jwt_versions)
    return ring


def key_problems(settings: Settings) -> list[str]:
    """Return what is wrong with the keys, if the service can't do without the bad ones."""
    bad = _bad_keys(settings, _parser(settings))
    if not settings.has_jwt_backend:
        return bad
    found = [] if len(bad) < len(settings.jwt_versions) else bad
    if settings.jwt_secret_key_previous is not None:
        found.append(
            "JWT_SECRET_KEY_PREVIOUS: only beside a plain JWT_SECRET_KEY; the secrets"
            " backend has the versions of its own"
        )
    if settings.key_activation_seconds <= settings.secrets_refresh_seconds:
        found.append(
            "JWT_KEY_ACTIVATION_SECONDS: must be longer than SECRETS_REFRESH_SECONDS, or"
            " replicas meet keys that they have not seen yet"
        )
    return found


def key_warnings(settings: Settings) -> list[str]:
    """Return which keys are passed over, or are too weak for production."""
    parser = SecretKeys(settings.jwt_algorithm, demand_strong=True)
    return _bad_keys(settings, parser) + _algorithm_warnings(settings)


def _algorithm_warnings(settings: Settings) -> list[str]:
    newest, wanted = initial_keyring(settings).newest, settings.jwt_algorithm
    default = "jwt_algorithm" not in settings.model_fields_set
    if default or newest is None or newest.algorithm == wanted:
        return []
    return [f"JWT_ALGORITHM={wanted} is not for the newest key: {newest.algorithm} is"]


def _parser(settings: Settings) -> SecretKeys:
    return SecretKeys(
        settings.jwt_algorithm,
        allow_short=not settings.in_production,
        demand_strong=settings.in_production,
    )


def _bad_keys(settings: Settings, parser: KeyParser) -> list[str]:
    found = []
    for it in settings.jwt_versions:
        place = "JWT_SECRET_KEY: version " if settings.has_jwt_backend else ""
        try:
            parser.parse(it.value)
        except errors.BadConfiguration as bad:
            found.append(f"{place}{it.version}: {bad}")
    return found
