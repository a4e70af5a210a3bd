"""
Measures what the guide measures: `ab -n 1000 -c 10` on `/auth/login`.

With the defaults, but for the limits. What a log-in costs is bcrypt, on purpose; so the
figure to read is the share of what bcrypt alone does on all cores, before and after.
"""

import json
import sys
import tempfile
from pathlib import Path

import httpx

from bench.limits import checked
from bench.subjects import AS_IN_PRODUCTION
from config.cores import usable_cores
from tests.servers.apache_bench import ApacheBench, Told
from tests.servers.service import Service

REQUESTS = 1000
AT_ONCE = 10
BARE_SECONDS = 10.0

PERSON = {
    "email": "bench@example.com",
    "username": "bench",
    "password": "SecurePass123!",
}


def guide(requests: int) -> Told:
    """Return what ab tells of log-ins."""
    settings = {"BCRYPT_ROUNDS": str(AS_IN_PRODUCTION), "LOG_LEVEL": "WARNING"}
    with (
        tempfile.TemporaryDirectory() as directory,
        Service(Path(directory), **settings) as service,
        ApacheBench() as ab,
    ):
        url = f"{service.url}/auth"
        httpx.post(f"{url}/register", json=PERSON, timeout=30).raise_for_status()
        body = json.dumps({name: PERSON[name] for name in ("email", "password")})
        return ab.run(f"{url}/login", requests=requests, at_once=AT_ONCE, body=body)


def main(requests: int = REQUESTS) -> None:
    """Print the figures, and the share."""
    before = checked(AS_IN_PRODUCTION, BARE_SECONDS)
    told = guide(requests)
    after = checked(AS_IN_PRODUCTION, BARE_SECONDS)
    both = (before + after) / 2
    print(
        f"bare bcrypt on {usable_cores()} cores  {before:5.2f}/s before,"
        f" {after:5.2f}/s after\n"
        f"ab -n {requests} -c {AT_ONCE} /auth/login  {told.per_second:5.2f}/s, "
        f" {told.per_second / both:4.2f} of bcrypt's; 95% within {told.p95} ms;"
        f" failed {told.failed}, not 2xx {told.non_2xx}"
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
