"""What bcrypt costs on this machine."""

import time
import timeit

import bcrypt

TRIES = 3


def seconds_of(cost: int) -> float:
    """
    Return how long a core takes to hash a password at this cost.

    It is the quickest of some tries, and what else the machine does does not count.
    """
    salt = bcrypt.gensalt(cost)
    hashing = timeit.Timer(lambda: bcrypt.hashpw(b"any", salt), timer=time.thread_time)
    return min(hashing.repeat(TRIES, number=1))
