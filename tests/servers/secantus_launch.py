"""
SecantusDB as a process of its own: ``secantus_launch.py PORT DATA_DIRECTORY CACHE [REPLICA_SET]``.

Only this file imports the GPL-licensed package, and nothing imports this file. It has no
handler for SIGTERM on purpose: the data is deleted after the tests, and a clean shutdown
would cost two seconds.
"""

import sys
import threading

from secantus import SecantusDBServer


def main() -> None:
    """Serve until the process is ended."""
    port, data_directory, cache, *replica_set = sys.argv[1:]
    with SecantusDBServer(
        host="127.0.0.1",
        port=int(port),
        storage_path=data_directory,
        replica_set_name=replica_set[0] if replica_set else None,
        sync_on_commit=True,  # without it, kill -9 loses acknowledged writes
        ttl_sweep_seconds=5.0,  # of every database that tests left; mongod has 60 s
        transaction_lifetime_seconds=60.0,
        enable_test_commands=True,  # configureFailPoint
        cache_size=cache,
    ):
        sys.stdout.write("listening\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
