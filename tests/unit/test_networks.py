import pytest

from config.loading import load_settings
from core.errors import BadConfiguration
from tests.unit.environment import Environment


def test_proxies_are_addresses_and_networks_parted_by_commas(
    environment: Environment,
) -> None:
    environment.set(
        TRUSTED_PROXIES=" 192.0.2.7, 10.0.0.0/8 ,2001:DB8::/32,,::1,172.16.0.0/255.240.0.0"
    )

    found = load_settings().trusted_proxies

    assert [
        "192.0.2.7/32",
        "10.0.0.0/8",
        "2001:db8::/32",
        "::1/128",
        "172.16.0.0/12",
    ] == [str(network) for network in found]


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("proxy.example.com", "is no address or network"),
        ("*", "is no address or network"),
        ("unix:", "is no address or network"),
        ("10.0.0.0/33", "is no address or network"),
        ("10.0.0.0-10.0.0.9", "is no address or network"),
        ("192.0.2.7:80", "is no address or network"),
        ("10.1.2.3/8", "has bits behind its prefix; write 10.0.0.0/8"),
        ("2001:db8::7/32", "has bits behind its prefix; write 2001:db8::/32"),
        ("0.0.0.0/0", "trusts everybody"),
        ("::/0", "trusts everybody"),
        ("fe80::1%eth0", "names a zone"),
        ("::ffff:10.0.0.0/104", "is IPv4 inside IPv6; write it as IPv4"),
    ],
)
def test_each_bad_one_is_told_with_what_to_do(
    environment: Environment, item: str, problem: str
) -> None:
    environment.set(TRUSTED_PROXIES=f"10.0.0.0/8,{item},nonsense")

    with pytest.raises(BadConfiguration) as bad:
        load_settings()

    (told,) = bad.value.problems
    assert told.startswith(f"TRUSTED_PROXIES: {item!r} {problem}")
    assert "; 'nonsense' is no address or network" in told


def test_the_header_is_named_as_one_likes(environment: Environment) -> None:
    assert "x-forwarded-for" == load_settings().forwarded_header

    environment.set(FORWARDED_HEADER="Forwarded")

    assert "forwarded" == load_settings().forwarded_header
