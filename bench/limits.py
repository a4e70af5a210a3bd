"""What the parts can do alone: no service is faster than these."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import bcrypt
import jwt

from bench.report import Limit
from bench.subjects import PASSWORD, SECRET
from config.cores import usable_cores

SECONDS = 3.0


def parts_alone(rounds: int) -> list[Limit]:
    """Measure each part that no log-in, or no look at a token, does without."""
    return [
        Limit(f"bcrypt.checkpw, cost {rounds}, on all cores", checked(rounds)),
        Limit("PyJWT decode of an HS256 token, on one core", _decoded()),
    ]


def checked(rounds: int, seconds: float = SECONDS) -> float:
    """Return how many passwords a second all cores check."""
    password = PASSWORD.encode()
    hashed = bcrypt.hashpw(password, bcrypt.gensalt(rounds))
    cores = usable_cores()
    with ThreadPoolExecutor(cores) as threads:
        jobs = [lambda: bcrypt.checkpw(password, hashed)] * cores
        return sum(threads.map(lambda job: _rate(job, seconds), jobs))


def _decoded() -> float:
    token = jwt.encode({"sub": "1", "sid": "x" * 32, "iss": "a"}, SECRET, "HS256")
    return _rate(lambda: jwt.decode(token, SECRET, ["HS256"]))


def _rate(job: Callable[[], object], seconds: float = SECONDS) -> float:
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        job()
        done += 1
    return done / (time.perf_counter() - began)


def mean(found: Sequence[Sequence[Limit]]) -> list[Limit]:
    """Return the mean of what was measured before and after."""
    return [
        Limit(each[0].name, sum(it.rate for it in each) / len(each))
        for each in zip(*found, strict=True)
    ]
