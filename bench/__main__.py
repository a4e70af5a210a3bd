"""Run every measurement: `make bench`."""

import sys

from bench import beside, contest, crowd, flood, guide, login_timing

if __name__ == "__main__":
    sys.argv[1:] = ["--write"]
    contest.main()
    beside.main()
    login_timing.main()
    flood.main()
    crowd.main()
    guide.main()
