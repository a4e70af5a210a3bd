"""Settings, the choice of adapters, wiring and logging."""
