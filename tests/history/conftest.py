import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Keep the log of thousands of refusals out of reports, which tell of them already."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
