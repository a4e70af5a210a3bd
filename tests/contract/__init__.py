"""One suite a port; see base.py for how to use one."""

from pkgutil import iter_modules

import pytest

for suite in iter_modules(__path__):
    pytest.register_assert_rewrite(f"{__name__}.{suite.name}")
