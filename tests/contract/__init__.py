"""One suite a port; see base.py for how to use one."""

import pytest

for suite in ("storage", "rate_limiter", "secrets", "hasher", "tokens", "mailer"):
    pytest.register_assert_rewrite(f"{__name__}.{suite}")
