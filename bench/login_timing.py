"""
Measures whether the time of a refused log-in tells that the account exists.

Log-ins for a known and an unknown e-mail, in turn, with a wrong password, over real
HTTP. The ratio of the medians should be within 0.95 and 1.05.
"""

import http.client
import json
import statistics
import tempfile
import time
from pathlib import Path

from tests.servers.service import Service

PAIRS = 60
KNOWN, UNKNOWN = "known@example.com", "stranger@example.com"
OLD_ROUNDS, ROUNDS = "9", "10"


def _post(service: Service, path: str, **body: str) -> float:
    """Return the seconds from the first byte sent to the last received."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port)
    connection.connect()
    began = time.perf_counter()
    headers = {"Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    connection.getresponse().read()
    took = time.perf_counter() - began
    connection.close()
    return took


def _compare(service: Service, title: str) -> None:
    times: dict[str, list[float]] = {KNOWN: [], UNKNOWN: []}
    for _ in range(PAIRS):
        for address, taken in times.items():
            wrong = "Wrong-Pass-1"
            taken.append(_post(service, "/auth/login", email=address, password=wrong))
    known, unknown = (statistics.median(taken) * 1000 for taken in times.values())
    print(
        f"{title}: known {known:.1f} ms, unknown {unknown:.1f} ms,"
        f" ratio {known / unknown:.3f} (medians of {PAIRS} each, in turn)"
    )


def main() -> None:
    """Print the medians, for hashes of today's cost and for cheaper old ones."""
    with tempfile.TemporaryDirectory() as directory:
        service = Service(Path(directory), BCRYPT_ROUNDS=OLD_ROUNDS)
        service.start()
        person = {"email": KNOWN, "username": "known", "password": "SecurePass123!"}
        _post(service, "/auth/register", **person)
        _compare(service, "hash of today's cost")
        service.stop()
        service.settings["BCRYPT_ROUNDS"] = ROUNDS
        service.start()
        _compare(service, "older, cheaper hash")
        service.stop()


if __name__ == "__main__":
    main()
