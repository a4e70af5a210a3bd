"""Addresses of clients, as limits count them."""

import ipaddress
from functools import lru_cache


@lru_cache(maxsize=4096)
def subject_of(address: str) -> str:
    """Return what a limit counts: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
