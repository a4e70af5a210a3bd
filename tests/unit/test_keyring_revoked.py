import logging
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadConfiguration, InvalidMailToken, InvalidToken, Unavailable
from core.keys.keyring import Keyring, KeyState
from core.model import UNTOLD, Claims, Purpose, RevokedKey, Role, SigningKey, TokenKind
from tests.doubles import NOON
from tests.unit.keyrings import keyring, keys_with, version

DAY = timedelta(days=1)
OLD, NEW = version("o", NOON - 30 * DAY), version("n", NOON - 20 * DAY)
CLAIMS = Claims(
    kind=TokenKind.ACCESS,
    token_id="1",
    user_id=1,
    session_id="1",
    issued_at=NOON,
    expires_at=NOON + DAY,
    role=Role.USER,
)


def key_of(ring: Keyring, name: str) -> SigningKey:
    return next(it.key for it in ring.at(NOON).keys if it.version == name)


def revoke(ring: Keyring, *names: str) -> None:
    ring.revoke([RevokedKey(key_of(ring, name).kid, NOON) for name in names])


def states(ring: Keyring) -> dict[str, str]:
    return {it.version: it.state for it in ring.at(NOON).keys}


def test_the_next_best_signs_at_once_even_if_it_was_retired() -> None:
    ring = keyring(NEW, OLD)
    assert {"n": "signing", "o": "retired"} == states(ring)

    revoke(ring, "n")

    old = key_of(ring, "o")
    assert {"n": "revoked", "o": "signing"} == states(ring)
    assert old == ring.at(NOON).signing
    assert {old.kid: old} == ring.at(NOON).verifying


def test_a_key_that_waits_signs_at_once_if_no_other_may() -> None:
    ring = keyring(version("p", NOON), NEW)
    assert {"p": "pending", "n": "signing"} == states(ring)

    revoke(ring, "n")

    assert {"p": "signing", "n": "revoked"} == states(ring)


def test_what_would_follow_is_told_and_nothing_changes() -> None:
    ring = keyring(NEW, OLD)
    newest = key_of(ring, "n")

    after = ring.without(newest.kid, NOON)

    assert {"n": "signing", "o": "retired"} == states(ring)
    revoke(ring, "n")
    assert after == ring.at(NOON)


def test_what_would_follow_counts_what_was_revoked_before() -> None:
    ring = keyring(NEW, OLD)
    revoke(ring, "n")

    after = ring.without(key_of(ring, "o").kid, NOON)

    assert after is not None
    assert after.signer is None
    assert ring.without(key_of(ring, "n").kid, NOON) is None


def test_a_revoked_key_is_told_with_the_time_and_still_known() -> None:
    ring = keyring(NEW, OLD)
    at = NOON - timedelta(hours=1)

    ring.revoke([RevokedKey(key_of(ring, "n").kid, at)])

    revoked = ring.at(NOON).keys[0]
    assert ("n", KeyState.REVOKED, at, None) == (
        revoked.version,
        revoked.state,
        revoked.since,
        revoked.until,
    )
    assert ring.at(NOON).knows(revoked.key.kid)


def test_if_all_are_revoked_none_signs_and_none_verifies() -> None:
    ring = keyring(version("n", UNTOLD), version("o", UNTOLD))

    revoke(ring, "n", "o")

    assert {} == ring.at(NOON).verifying
    assert ring.at(NOON).signer is None
    with pytest.raises(Unavailable):
        assert ring.at(NOON).signing


def test_nothing_that_is_loaded_brings_a_revoked_key_back() -> None:
    ring = keyring(NEW)
    revoke(ring, "n")

    ring.load([OLD])
    ring.load([NEW, OLD])
    with pytest.raises(BadConfiguration):
        ring.load([])
    ring.revoke([])

    assert {"n": "revoked", "o": "signing"} == states(ring)


def test_a_key_may_be_revoked_before_it_is_seen() -> None:
    kid = key_of(keyring(NEW), "n").kid
    ring = keyring(OLD)

    ring.revoke([RevokedKey(kid, NOON)])
    ring.load([NEW, OLD])

    assert {"n": "revoked", "o": "signing"} == states(ring)


def test_it_tells_how_many_are_new_and_logs_each_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ring = keyring(NEW, OLD)
    caplog.set_level(logging.INFO)
    mine = RevokedKey(key_of(ring, "n").kid, NOON)
    elses = RevokedKey("another", NOON)

    told = [ring.revoke(keys) for keys in ([elses], [mine, elses], [mine, elses])]

    assert [1, 1, 0] == told
    assert [[mine.kid]] == [vars(line)["kids"] for line in caplog.records]


VERSIONS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 40)),
    min_size=1,
    unique_by=lambda it: it[0],
)


@given(VERSIONS, st.sets(st.sampled_from("abcdef")), st.integers(0, 60))
def test_a_revoked_key_is_as_if_it_were_not_there(
    given_: list[tuple[str, int]], revoked: set[str], days: int
) -> None:
    versions = [version(name, NOON + age * DAY) for name, age in given_]
    ring, now = keyring(*versions), NOON + days * DAY
    revoke(ring, *(it.version for it in versions if it.version in revoked))

    left = [it for it in ring.at(now).keys if it.state is not KeyState.REVOKED]

    rest = [it for it in versions if it.version not in revoked]
    if rest:
        alone = keyring(*rest).at(now)
        assert alone.keys == left
        assert alone.signing == ring.at(now).signing
        assert alone.verifying == ring.at(now).verifying
        assert alone.ends == ring.at(now).ends
    else:
        assert ([], {}, None) == (left, ring.at(now).verifying, ring.at(now).ends)


async def test_its_tokens_and_mails_are_refused_and_others_made() -> None:
    ring = keyring(NEW, version("o", NOON - 21 * DAY))
    keys = keys_with(ring)
    token = await keys.sign(CLAIMS)
    mailed = keys.mail_token("1" * 32, Purpose.RESET_PASSWORD)
    assert CLAIMS == await keys.verify(token, TokenKind.ACCESS, now=NOON)

    revoke(ring, "n")

    with pytest.raises(InvalidToken):
        await keys.verify(token, TokenKind.ACCESS, now=NOON)
    with pytest.raises(InvalidMailToken):
        keys.open_mail_token(mailed, Purpose.RESET_PASSWORD)
    again = await keys.sign(CLAIMS)
    assert CLAIMS == await keys.verify(again, TokenKind.ACCESS, now=NOON)


async def test_without_any_key_tokens_are_neither_made_nor_taken() -> None:
    ring = keyring(NEW)
    keys = keys_with(ring)
    token = await keys.sign(CLAIMS)

    revoke(ring, "n")

    with pytest.raises(Unavailable):
        await keys.sign(CLAIMS)
    with pytest.raises(Unavailable):
        keys.mail_token("1" * 32, Purpose.RESET_PASSWORD)
    with pytest.raises(InvalidToken):
        await keys.verify(token, TokenKind.ACCESS, now=NOON)
    assert [] == keys.public_keys()
