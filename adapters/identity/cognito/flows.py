"""How somebody proves their password to the pool: as its client may."""

from datetime import UTC, datetime
from functools import partial

from adapters.identity.cognito.pool import Answer, Pool
from adapters.identity.cognito.srp import Proof
from core import errors

VERIFIER = "PASSWORD_VERIFIER"


async def by_password(pool: Pool, account: str, password: str) -> Answer:
    """Return tokens, or what the pool asks for beyond the password; raises ``AuthError``."""
    if not pool.only_srp:
        return await pool.authenticate(
            "USER_PASSWORD_AUTH", account, USERNAME=account, PASSWORD=password
        )
    proof: Proof = await pool.run(Proof)
    answer = await pool.authenticate(
        "USER_SRP_AUTH", account, USERNAME=account, SRP_A=proof.public
    )
    if answer.get("ChallengeName") != VERIFIER:
        return answer
    told = answer["ChallengeParameters"]
    now = datetime.now(UTC)
    try:
        prove = partial(proof.responses, pool.id, told, password, now)
        responses: dict[str, str] = await pool.run(prove)
    except (ValueError, KeyError):
        raise errors.Unavailable from None
    return await pool.respond(VERIFIER, responses, session=answer.get("Session"))
