"""Run every measurement: `make bench`."""

from bench import login_timing, storages, throughput

if __name__ == "__main__":
    login_timing.main()
    throughput.main()
    storages.main()
