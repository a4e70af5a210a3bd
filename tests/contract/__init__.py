"""One suite a port; see base.py for how to use one."""

import pytest

STORAGE = (
    *("", "_users", "_passwords", "_sessions", "_tokens", "_events", "_values"),
    *("_archive", "_purge", "_schema", "_records"),
)

for suite in (
    *(f"storage{part}" for part in STORAGE),
    "rate_limiter",
    "rate_limiter_trials",
    "secrets",
    "hasher",
    "tokens",
    "mailer",
):
    pytest.register_assert_rewrite(f"{__name__}.{suite}")
