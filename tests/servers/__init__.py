"""Servers that the tests start themselves."""

LOOPBACK = "127.0.0.1"
