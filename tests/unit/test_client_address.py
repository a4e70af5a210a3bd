import ipaddress
import logging
from collections.abc import Sequence

import pytest
from falcon import testing
from hypothesis import example, given
from hypothesis import strategies as st

from config.networks import Network, networks
from core.client_networks import subject_of
from entrypoints.http.around.client_address import (
    LONGEST_HOP,
    MOST_HOPS,
    READERS,
    ClientAddresses,
    client_of,
)

PROXY = "10.0.0.1"
STRANGER = "198.51.100.66"
XFF, FORWARDED = "x-forwarded-for", "forwarded"


def trusting(*items: str) -> tuple[Network, ...]:
    found = networks(",".join(items))
    assert isinstance(found, tuple)
    return found


TRUSTED = trusting("10.0.0.0/8", "192.0.2.128", "fd00::/8")

SHAPES = [
    # The plain ones.
    (XFF, ["203.0.113.7"], "203.0.113.7"),
    (XFF, [" 203.0.113.7\t"], "203.0.113.7"),
    (XFF, ["2001:db8::7"], "2001:db8::7"),
    (XFF, ["2001:DB8:0:0::7"], "2001:db8::7"),
    (FORWARDED, ["for=203.0.113.7"], "203.0.113.7"),
    (FORWARDED, ['for="[2001:db8::7]"'], "2001:db8::7"),
    # What a client wrote is to the left of what the proxy saw.
    (XFF, ["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
    (XFF, ["10.9.9.9,203.0.113.7"], "203.0.113.7"),
    (XFF, ["1.1.1.1", "203.0.113.7"], "203.0.113.7"),
    (XFF, ["junk, <script>, 203.0.113.7"], "203.0.113.7"),
    (XFF, ["", "203.0.113.7"], "203.0.113.7"),
    (XFF, ['"', "203.0.113.7"], "203.0.113.7"),
    (XFF, ["1.1.1.1," * 5000 + "203.0.113.7"], "203.0.113.7"),
    (FORWARDED, ["for=1.1.1.1, for=203.0.113.7"], "203.0.113.7"),
    (FORWARDED, ["for=1.1.1.1", "for=203.0.113.7;by=_edge"], "203.0.113.7"),
    (FORWARDED, ['for=", for=203.0.113.7'], "203.0.113.7"),
    (FORWARDED, ['for=1.1.1.1;x=", for="203.0.113.7"'], "203.0.113.7"),
    (FORWARDED, ['for="\\, for=203.0.113.7'], "203.0.113.7"),
    # Hops through several proxies of ours.
    (XFF, ["203.0.113.7, 10.1.2.3"], "203.0.113.7"),
    (XFF, ["1.1.1.1, 203.0.113.7, fd00::2, 192.0.2.128"], "203.0.113.7"),
    (XFF, ["203.0.113.7, 192.0.2.129"], "192.0.2.129"),
    (XFF, ["10.7.7.7, 10.1.2.3"], "10.7.7.7"),
    (FORWARDED, ["for=203.0.113.7, for=10.1.2.3;proto=https"], "203.0.113.7"),
    # Other spellings of an address.
    (XFF, ["::ffff:203.0.113.7"], "203.0.113.7"),
    (XFF, ["::ffff:cb00:7107"], "203.0.113.7"),
    (XFF, ["203.0.113.7, ::ffff:10.1.2.3"], "203.0.113.7"),
    (XFF, ["203.0.113.7:54321"], "203.0.113.7"),
    (XFF, ["[2001:db8::7]:54321"], "2001:db8::7"),
    (XFF, ["[2001:db8::7]"], "2001:db8::7"),
    (XFF, ["fe80::7%eth0"], "fe80::7"),
    (FORWARDED, ['for="203.0.113.7:54321"'], "203.0.113.7"),
    (FORWARDED, ['for="[2001:db8::7]:_obscured"'], "2001:db8::7"),
    (FORWARDED, ["for=203.0.113.7:54321"], "203.0.113.7"),
    (FORWARDED, ["For=[2001:db8::7]"], "2001:db8::7"),
    (FORWARDED, ["proto=https;by=10.0.0.1; FOR=203.0.113.7;"], "203.0.113.7"),
    (FORWARDED, ['host="a;for=1.1.1.1";for=203.0.113.7'], "203.0.113.7"),
    (FORWARDED, ['for="\\2\\03.0.113.7"'], "203.0.113.7"),
    # No address: the chain ends with the last hop that was one.
    (XFF, [""], PROXY),
    (XFF, [","], PROXY),
    (XFF, ["203.0.113.7,"], PROXY),
    (XFF, ["203.0.113.7", ""], PROXY),
    (XFF, ["unknown"], PROXY),
    (XFF, ["1.1.1.1, unknown, 10.1.2.3"], "10.1.2.3"),
    (XFF, ["1.1.1.1, unix:, 10.1.2.3"], "10.1.2.3"),
    (XFF, ["203.0.113.07"], PROXY),
    (XFF, ["203.0.113"], PROXY),
    (XFF, ["0xcb007107"], PROXY),
    (XFF, ["3405803783"], PROXY),
    (XFF, ["203.0.113.7 1.1.1.1"], PROXY),
    (XFF, ['"203.0.113.7"'], PROXY),
    (XFF, ["203.0.113.7:"], PROXY),
    (XFF, ["203.0.113.7:123456"], PROXY),
    (XFF, ["[203.0.113.7]"], PROXY),
    (XFF, ["2001:db8::7::"], PROXY),
    (XFF, ["203.0.113.7%eth0"], PROXY),
    (XFF, ["203.0.113.\xb2"], PROXY),
    (XFF, ["1.1.1.1\xa0, 10.1.2.3"], "10.1.2.3"),
    (XFF, ["for=203.0.113.7"], PROXY),
    (XFF, ["www.example.com"], PROXY),
    (XFF, ["\x00"], PROXY),
    (XFF, ["1.1.1.1" + " " * LONGEST_HOP + ",10.1.2.3"], "10.1.2.3"),
    (XFF, ["1" * 100_000], PROXY),
    (XFF, ["1.1.1.1" + ",10.1.2.3" * MOST_HOPS], "10.1.2.3"),
    (FORWARDED, ["203.0.113.7"], PROXY),
    (FORWARDED, ["for=unknown"], PROXY),
    (FORWARDED, ["for=_SEVKISEK"], PROXY),
    (FORWARDED, ["for=1.1.1.1, for=_hidden, for=10.1.2.3"], "10.1.2.3"),
    (FORWARDED, ["for="], PROXY),
    (FORWARDED, ["for = 203.0.113.7"], PROXY),
    (FORWARDED, ['for="203.0.113.7'], PROXY),
    (FORWARDED, ["for=203.0.113.7;for=1.1.1.1"], PROXY),
    (FORWARDED, ["by=203.0.113.7;proto=https"], PROXY),
    (FORWARDED, ['for=203.0.113.7;ext="a,b"'], PROXY),
    (FORWARDED, ["for=203.0.113.7;" + ";" * 100_000], PROXY),
    (FORWARDED, ["for=203.0.113.7 for=1.1.1.1"], PROXY),
]
"""A header, its lines, and the address they resolve to if PROXY is trusted."""


def client(
    headers: Sequence[tuple[str, str]],
    *,
    peer: str = PROXY,
    trusted: Sequence[Network] = (),
    header: str = XFF,
) -> str:
    req = testing.create_asgi_req(headers=headers, remote_addr=peer)
    return ClientAddresses(trusted, header).of(req)


@pytest.mark.parametrize(("header", "lines", "address"), SHAPES)
def test_a_trusted_proxy_tells_who_its_client_is(
    header: str, lines: list[str], address: str
) -> None:
    headers = [(header, line) for line in lines]

    assert address == client(headers, trusted=TRUSTED, header=header)


@pytest.mark.parametrize(("header", "lines", "_"), SHAPES)
def test_nobody_else_does(header: str, lines: list[str], _: str) -> None:
    headers = [(header, line) for line in lines]

    assert PROXY == client(headers, header=header)
    assert STRANGER == client(headers, peer=STRANGER, trusted=TRUSTED, header=header)


@pytest.mark.parametrize("header", READERS)
def test_only_the_configured_header_is_read(header: str) -> None:
    both = [(XFF, "203.0.113.1"), (FORWARDED, "for=203.0.113.2")]
    others = [
        *[one for one in both if one[0] != header],
        ("X-Real-IP", "203.0.113.3"),
        ("X-Client-IP", "203.0.113.4"),
        ("True-Client-IP", "203.0.113.5"),
        ("X_Forwarded_For", "203.0.113.6"),
    ]

    assert PROXY == client(others, trusted=TRUSTED, header=header)
    expected = {XFF: "203.0.113.1", FORWARDED: "203.0.113.2"}[header]
    assert expected == client(both + others, trusted=TRUSTED, header=header)


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:DB8::7", "2001:db8::7"),
        ("fe80::7%eth0", "fe80::7"),
        ("testclient", "testclient"),
    ],
)
def test_a_peer_has_one_spelling(peer: str, address: str) -> None:
    assert address == client([], peer=peer)


@pytest.mark.parametrize("peer", ["::ffff:10.0.0.1", "fd00::1", "fd00::1%eth0"])
def test_a_proxy_is_known_however_it_connects(peer: str) -> None:
    assert "203.0.113.7" == client([(XFF, "203.0.113.7")], peer=peer, trusted=TRUSTED)


def test_a_peer_on_a_unix_socket_is_this_machine() -> None:
    req = testing.create_asgi_req(headers=[(XFF, "203.0.113.7")])
    req.scope["client"] = None

    assert "127.0.0.1" == ClientAddresses((), XFF).of(req)
    assert "203.0.113.7" == ClientAddresses(trusting("127.0.0.1"), XFF).of(req)


NAMES = ("10.1.2.3", "fd00::2", "203.0.113.7", "2001:db8::7", "unknown", "_x", '"', "")
ELEMENTS = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(NAMES).map("for={}".format),
    st.sampled_from(NAMES).map('for="[{}]:80";by=_p'.format),
    st.ip_addresses().map(str),
    st.ip_addresses().map('for="[{}]"'.format),
    st.text(st.characters(max_codepoint=255)),
)
CHAINS = st.lists(ELEMENTS).map(",".join)


@given(header=st.sampled_from(list(READERS)), chain=CHAINS, peer=st.ip_addresses())
@example(header=FORWARDED, chain='for="10.1.2.3', peer=ipaddress.ip_address(PROXY))
def test_no_text_makes_anything_but_an_address(
    header: str, chain: str, peer: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> None:
    found = client_of(str(peer), READERS[header](chain), TRUSTED)

    assert found == str(ipaddress.ip_address(found))
    if not any(peer in network for network in TRUSTED):
        assert client_of(str(peer), [], TRUSTED) == found


@given(header=st.sampled_from(list(READERS)), claimed=CHAINS, seen=st.ip_addresses())
def test_nothing_that_a_client_writes_counts_before_what_the_proxy_saw(
    header: str,
    claimed: str,
    seen: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    told = str(seen) if header == XFF else f'for="[{seen}]"'
    if header == FORWARDED and seen.version == 4:
        told = f"for={seen}"

    alone = client_of(PROXY, READERS[header](told), TRUSTED)
    found = client_of(PROXY, READERS[header](f"{claimed}, {told}"), TRUSTED)

    if not any(ipaddress.ip_address(alone) in network for network in TRUSTED):
        assert alone == found


@given(seen=st.ip_addresses())
def test_a_long_way_through_our_proxies_ends_at_the_client(
    seen: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    chain = f"1.1.1.1, {seen}" + ", 10.1.2.3" * (MOST_HOPS - 2)

    found = client_of(PROXY, READERS[XFF](chain), TRUSTED)

    direct = client_of(str(seen), READERS[XFF]("1.1.1.1"), TRUSTED)
    assert direct == found


def test_clients_of_one_ipv6_network_are_counted_as_one() -> None:
    seen = [f"2001:db8:1:2::{number:x}" for number in range(0, 2**16, 97)]

    found = {client([(XFF, one)], trusted=TRUSTED) for one in seen}

    assert {*seen[1:], "2001:db8:1:2::"} == found
    assert {"2001:db8:1:2::/64"} == {subject_of(one) for one in found}


def test_who_is_not_believed_is_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    addresses = ClientAddresses(TRUSTED, XFF)
    for peer, headers in (
        (STRANGER, [("Via", "1.1 somewhere")]),
        (PROXY, [(XFF, "203.0.113.7"), (FORWARDED, "for=203.0.113.7")]),
        ("testclient", [(XFF, "203.0.113.7")]),
    ):
        addresses.of(testing.create_asgi_req(headers=headers, remote_addr=peer))
    assert not caplog.records

    for peer in (STRANGER, "198.51.100.67"):
        claims = [(FORWARDED, "for=203.0.113.7\n")]
        addresses.of(testing.create_asgi_req(headers=claims, remote_addr=peer))

    (record,) = caplog.records
    assert logging.WARNING == record.levelno
    assert record.getMessage().startswith(
        f"Ignored forwarded from {STRANGER}: TRUSTED_PROXIES"
    )
