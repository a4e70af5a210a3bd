"""Run every measurement: `make bench`."""

from bench import crowd, flood, guide, login_timing, storages, throughput

if __name__ == "__main__":
    login_timing.main()
    throughput.main()
    flood.main()
    crowd.main()
    storages.main()
    guide.main()
