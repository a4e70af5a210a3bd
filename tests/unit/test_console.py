import subprocess
import sys

import pytest

URL = "redis://me:Hunter2@host"
QUERY = "postgresql://host/?password=Hunter2"
PROGRAM = """
import logging
from entrypoints.cli.console import tell_no_credentials
with tell_no_credentials():
    {statement}
"""


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (f"raise RuntimeError('no {URL}')", 1),
        (f"logging.getLogger('driver').warning('no {URL}')", 0),
        (
            f"logging.getLogger('a').error('', exc_info=OSError('no {URL} {QUERY}'))",
            0,
        ),
    ],
)
def test_what_nobody_caught_or_a_library_logs_shows_nobody_s_log_in(
    statement: str, code: int
) -> None:
    program = PROGRAM.format(statement=statement)

    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert code == ended.returncode
    assert "no redis://***@host" in ended.stderr
    # The source that a traceback quotes is this test's own.
    told = [line for line in ended.stderr.splitlines() if "raise " not in line]
    assert "Hunter2" not in "".join(told)
