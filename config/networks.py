"""Networks, as settings name them."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network


def networks(value: object) -> object:
    """Return the networks in a comma list; raises ValueError that names every bad one."""
    if not isinstance(value, str):
        return value
    found, problems = [], []
    for item in filter(None, map(str.strip, value.split(","))):
        try:
            found.append(_network(item))
        except ValueError as error:
            problems.append(f"{item!r} {error}")
    if problems:
        raise ValueError("; ".join(problems))
    return tuple(found)


def _network(item: str) -> Network:
    try:
        network = ip_network(item, strict=False)
    except ValueError:
        raise ValueError(
            "is no address or network, like 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32"
        ) from None
    if "%" in item:
        raise ValueError("names a zone; write it without")
    if network.prefixlen == 0:
        raise ValueError("trusts everybody, so anybody could claim any address")
    if isinstance(network, IPv6Network) and network.network_address.ipv4_mapped:
        raise ValueError("is IPv4 inside IPv6; write it as IPv4, it covers both")
    if ip_address(item.partition("/")[0]) != network.network_address:
        raise ValueError(f"has bits behind its prefix; write {network}")
    return network
