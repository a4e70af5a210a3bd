"""Run every measurement: `make bench`."""

from bench import flood, login_timing, storages, throughput

if __name__ == "__main__":
    login_timing.main()
    throughput.main()
    flood.main()
    storages.main()
