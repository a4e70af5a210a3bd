import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ExpiredToken, InvalidMailToken, InvalidToken
from core.keys.token_service import hmac_key
from core.model import Claims, Purpose, Role, TokenKind
from tests.doubles import NOON
from tests.unit.keyrings import keyring, keys_of, keys_with, version

OLD = "o" * 48
NEW = "n" * 48
ACCESS = Claims(
    kind=TokenKind.ACCESS,
    token_id="t",
    user_id=1,
    session_id="s",
    issued_at=NOON,
    expires_at=NOON + timedelta(minutes=30),
    role=Role.USER,
)
TOKEN_ID = "0123456789abcdef0123456789abcdef"


async def test_the_newest_key_signs_and_all_of_them_verify() -> None:
    before = await keys_of(OLD).sign(ACCESS)

    after = await keys_of(NEW, OLD).sign(ACCESS)

    header = json.loads(urlsafe_b64decode(after.partition(".")[0] + "=="))
    kid = hmac_key(NEW, "HS384").kid
    assert {"alg": "HS256", "kid": kid, "typ": "at+jwt"} == header
    for token in (before, after):
        keys = keys_of(NEW, OLD)
        assert ACCESS == await keys.verify(token, TokenKind.ACCESS, now=NOON)


async def test_a_key_that_left_the_ring_verifies_nothing() -> None:
    token = await keys_of(OLD).sign(ACCESS)

    with pytest.raises(InvalidToken):
        await keys_of(NEW).verify(token, TokenKind.ACCESS, now=NOON)


async def test_each_kind_is_refused_where_the_other_is_due() -> None:
    refresh = replace(ACCESS, kind=TokenKind.REFRESH, role=None, generation=0)
    keys = keys_of(OLD)

    for claims, due in ((ACCESS, TokenKind.REFRESH), (refresh, TokenKind.ACCESS)):
        with pytest.raises(InvalidToken):
            await keys.verify(await keys.sign(claims), due, now=NOON)


@pytest.mark.parametrize(
    ("seconds", "refusal"),
    [(-11, InvalidToken), (-10, None), (1799, None), (1800, ExpiredToken)],
)
async def test_a_token_is_good_from_its_issue_less_the_leeway_until_it_expires(
    seconds: int, refusal: type[Exception] | None
) -> None:
    keys = keys_of(OLD)
    token = await keys.sign(ACCESS)
    now = NOON + timedelta(seconds=seconds)

    if refusal is None:
        assert ACCESS == await keys.verify(token, TokenKind.ACCESS, now=now)
    else:
        with pytest.raises(refusal):
            await keys.verify(token, TokenKind.ACCESS, now=now)


async def test_a_bad_token_that_has_expired_is_bad_first() -> None:
    token = await keys_of(OLD).sign(ACCESS)

    with pytest.raises(InvalidToken):
        await keys_of(NEW).verify(token, TokenKind.ACCESS, now=ACCESS.expires_at)


def test_a_kid_is_the_secrets_own_and_tells_nothing_of_it() -> None:
    key = hmac_key("pässword" * 4, "HS256")

    assert ("pässword" * 4).encode() == key.secret
    assert hmac_key("pässword" * 4, "HS512").kid == key.kid
    assert hmac_key("password" * 4, "HS256").kid != key.kid
    assert 16 == len(key.kid)
    assert "ssword" not in repr(key)


async def test_a_token_of_a_key_not_seen_yet_is_good_once_a_look_finds_it() -> None:
    token = await keys_of(NEW).sign(ACCESS)
    ring = keyring(version("o"))
    looks = []

    async def look() -> None:
        looks.append(1)
        ring.load([version("n"), version("o")])

    keys = replace(keys_with(ring), on_unknown_kid=look)

    for _ in range(2):
        assert ACCESS == await keys.verify(token, TokenKind.ACCESS, now=NOON)
    assert 1 == len(looks)


async def test_a_look_that_finds_nothing_new_is_taken_once_and_the_token_refused() -> (
    None
):
    stranger = await keys_of("x" * 48).sign(ACCESS)
    looks = []

    async def look() -> None:
        looks.append(1)

    keys = replace(keys_of(OLD), on_unknown_kid=look)

    with pytest.raises(InvalidToken):
        await keys.verify(stranger, TokenKind.ACCESS, now=NOON)
    assert 1 == len(looks)


async def test_nobody_looks_for_a_key_that_is_known_or_that_no_token_names() -> None:
    spent = await keys_of(OLD).sign(ACCESS)
    looks = []

    async def look() -> None:
        looks.append(1)

    ring = keyring(version("n"), version("o", NOON - timedelta(days=9)))
    keys = replace(keys_with(ring), on_unknown_kid=look)
    forged = (await keys.sign(ACCESS)).rpartition(".")[0] + ".AAAA"

    for refused in (spent, forged, "e30.e30.AAAA", "junk", ""):
        with pytest.raises(InvalidToken):
            await keys.verify(refused, TokenKind.ACCESS, now=NOON + timedelta(days=8))
    assert [] == looks


@pytest.mark.parametrize("purpose", Purpose)
def test_a_mailed_token_is_the_same_each_time_and_opens_to_its_id(
    purpose: Purpose,
) -> None:
    mailed = keys_of(OLD).mail_token(TOKEN_ID, purpose)

    assert mailed == keys_of(OLD).mail_token(TOKEN_ID, purpose)
    assert TOKEN_ID == keys_of(OLD).open_mail_token(mailed, purpose)
    assert TOKEN_ID == keys_of(NEW, OLD).open_mail_token(mailed, purpose)
    with pytest.raises(InvalidMailToken):
        keys_of(NEW).open_mail_token(mailed, purpose)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_mailed_token_is_for_one_purpose_and_made_with_a_key_of_its_own(
    purpose: Purpose,
) -> None:
    others = [
        keys_of(OLD).mail_token(TOKEN_ID, other) for other in set(Purpose) - {purpose}
    ]
    plain = hmac.digest(
        OLD.encode(), f"scribes-auth.{purpose}.{TOKEN_ID}".encode(), sha256
    )
    mac = urlsafe_b64encode(plain).rstrip(b"=").decode()

    for forged in (*others, f"{TOKEN_ID}.{mac}"):
        with pytest.raises(InvalidMailToken):
            keys_of(OLD).open_mail_token(forged, purpose)


async def test_no_jwt_is_ever_a_mailed_token() -> None:
    token = await keys_of(OLD).sign(replace(ACCESS, token_id=TOKEN_ID))

    for purpose in Purpose:
        for text in (token, f"{TOKEN_ID}.{token.rpartition('.')[2]}"):
            with pytest.raises(InvalidMailToken):
                keys_of(OLD).open_mail_token(text, purpose)


@given(st.text(st.characters(codec="utf-8")), st.sampled_from(Purpose))
def test_no_other_text_is_a_mailed_token(text: str, purpose: Purpose) -> None:
    for forged in (text, f"{TOKEN_ID}.{text}"):
        with pytest.raises(InvalidMailToken):
            keys_of(NEW, OLD).open_mail_token(forged, purpose)
