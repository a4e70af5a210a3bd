from pathlib import Path

import pytest

from config.container import Container
from config.settings import Settings
from core.client_networks import subject_of
from entrypoints.http.declaration import declarations_of
from entrypoints.http.routes import routes


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "127.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("::1", "::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::ffff:c000:201", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("fe80::1%1", "fe80::/64"),
        ("::ffff:192.0.2.1%eth0", "192.0.2.1"),
        ("", ""),
        ("unix:", "unix:"),
        ("192.0.2.1:8000", "192.0.2.1:8000"),
        ("192.0.2.01", "192.0.2.01"),
        ("testclient", "testclient"),
    ],
)
def test_a_limit_counts_an_address_or_a_network(address: str, subject: str) -> None:
    assert subject == subject_of(address)


def test_one_network_has_one_count() -> None:
    assert 1 == len({subject_of(f"2001:db8::{n:x}") for n in range(0, 2**16, 97)})


def test_every_limit_has_a_bucket_and_every_bucket_a_limit(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, jwt_secret_key="x" * 32)
    prefix = "rate_limit_"
    limits = {name for name in Settings.model_fields if name.startswith(prefix)}

    buckets = {
        prefix + bucket.setting
        for resource in routes(Container(settings=settings)).values()
        for one in declarations_of(resource).values()
        for bucket in (one.limit, one.limit_by_user)
        if bucket
    }

    elsewhere = {"rate_limit_enabled", "rate_limit_mails", "rate_limit_refresh"}
    assert limits - elsewhere == buckets
