"""The command line by its package: `python -m entrypoints.cli`."""

from entrypoints.cli.app import main

if __name__ == "__main__":  # not in a worker process, which imports this, too
    main()
