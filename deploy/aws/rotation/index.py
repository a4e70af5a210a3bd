"""Rotates the JWT secret: Secrets Manager calls ``handler`` with each of four steps."""

import secrets
from typing import Any

import boto3

BYTES = 32
"""As many as HS512 needs, written in hex."""


def handler(event: dict[str, str], _context: object) -> None:
    """Take one step with the version that ``ClientRequestToken`` names."""
    client = boto3.client("secretsmanager")
    secret, version = event["SecretId"], event["ClientRequestToken"]
    match event["Step"]:
        case "createSecret":
            create(client, secret, version)
        case "setSecret":
            pass  # nobody else has to learn it: the service looks by itself
        case "testSecret":
            test(client, secret, version)
        case "finishSecret":
            finish(client, secret, version)
        case step:
            raise ValueError(f"no step of a rotation: {step}")


def create(client: Any, secret: str, version: str) -> None:  # noqa: ANN401 - boto3's
    """Put a new key beside the current one; it stays what an earlier try has put."""
    try:
        client.put_secret_value(
            SecretId=secret,
            ClientRequestToken=version,
            SecretString=secrets.token_hex(BYTES),
            VersionStages=["AWSPENDING"],
        )
    except client.exceptions.ResourceExistsException:
        return


def test(client: Any, secret: str, version: str) -> None:  # noqa: ANN401
    """Raise unless it can be read, and is long enough."""
    kept = client.get_secret_value(SecretId=secret, VersionId=version)
    if len(kept["SecretString"]) < BYTES:
        raise ValueError(f"{secret}: version {version} is too short for a key")


def finish(client: Any, secret: str, version: str) -> None:  # noqa: ANN401
    """Make it the current one; the one before becomes AWSPREVIOUS, and still verifies."""
    stages = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    (current,) = [it for it, labels in stages.items() if "AWSCURRENT" in labels]
    if current != version:
        client.update_secret_version_stage(
            SecretId=secret,
            VersionStage="AWSCURRENT",
            MoveToVersionId=version,
            RemoveFromVersionId=current,
        )
