"""
Hides from a service what only the tests have installed; Python imports this at its start.

dependency-injector imports each web framework that it finds, for a quarter of the time that
a start takes. Where the service is installed it finds none.
"""

import sys

for name in ("fastapi", "starlette", "werkzeug", "yaml"):
    sys.modules[name] = None  # type: ignore[assignment] # so that it is not found
