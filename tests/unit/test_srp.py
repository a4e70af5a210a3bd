import base64
from datetime import UTC, datetime

import pytest

from adapters.identity.cognito import srp

AT = datetime(2026, 9, 5, 9, 3, 7, tzinfo=UTC)

ANSWERS = {
    "00ff" * 8: "jnnswKUKibW3Sxk2hxgZMIcoUp+Nhi1iPREahdFWd6s=",
    "ff00" * 8: "40kt5Mjud537uXlX3ml8YLLAGnA/yXZfVtR7KCauxMU=",
}
"""By salt, as pycognito 2024.5.1 answers with the same numbers."""


def challenge(salt: str) -> dict[str, str]:
    return {
        "SALT": salt,
        "SRP_B": f"{pow(srp.G, 5**300, srp.N):x}",
        "SECRET_BLOCK": base64.b64encode(b"block").decode(),
        "USER_ID_FOR_SRP": "sub-1",
    }


@pytest.mark.parametrize("salt", ANSWERS)
def test_a_proof_is_what_others_who_speak_it_answer(
    salt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.randbits", lambda _: 3**500)

    proof = srp.Proof()
    said = proof.responses("eu-west-1_AbC", challenge(salt), "Päss word1!", AT)

    assert "Sat Sep 5 09:03:07 UTC 2026" == said["TIMESTAMP"]
    assert ANSWERS[salt] == said["PASSWORD_CLAIM_SIGNATURE"]


@pytest.mark.parametrize("number", [0, srp.N, 2 * srp.N])
def test_a_number_that_would_give_the_secret_away_is_refused(number: int) -> None:
    told = {**challenge("ab"), "SRP_B": f"{number:x}"}

    with pytest.raises(ValueError, match="group"):
        srp.Proof().responses("eu-west-1_AbC", told, "x", AT)
