"""
Secrets in AWS Secrets Manager: ``aws://REGION/prefix/``.

Credentials are found as by every AWS program. A name that is an ARN gets no prefix. AWS
can't disable a version, so all count that it still has, but for one that waits for
AWSCURRENT, and for one younger than AWSCURRENT that carries no label any more: it was
taken back.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC
from functools import partial
from typing import Any, Self

from adapters.secrets.aws.service import SecretsManager
from adapters.secrets.cloud import VersionCache, deadline, milliseconds
from adapters.secrets.values import value_in
from core import errors
from core.model import SecretVersion
from core.ports import SecretProvider

URL = re.compile(r"aws://([a-z]{2}(?:-[a-z]+)+-\d+)(?:/([\w/+=.@-]*))?", re.ASCII)
NAME = re.compile(r"[\w/+=.@!-]{1,512}", re.ASCII)
ARN = re.compile(
    r"arn:[\w-]+:secretsmanager:([\w-]+):\d+:secret:[\w/+=.@!-]+", re.ASCII
)
CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"


@dataclass(frozen=True, slots=True)
class AwsSecrets(SecretProvider):
    manager: SecretsManager
    prefix: str
    _cache: VersionCache = field(default_factory=VersionCache, repr=False)

    @classmethod
    def from_url(cls, url: str) -> Self:
        if (match := URL.fullmatch(url)) is None:
            raise errors.BadConfiguration(
                ["Write aws://REGION/prefix/ and nothing more"]
            )
        return cls(SecretsManager(match[1]), match[2] or "")

    async def newest(self, name: str) -> SecretVersion:
        secret_id = self._named(name)
        async with deadline(_told(secret_id)):
            # Without a stage, moto and some policies think of another version.
            answer = await self.manager.ask(
                "get_secret_value", SecretId=secret_id, VersionStage=CURRENT
            )
        return _version(answer, secret_id)

    async def versions(self, name: str) -> Sequence[SecretVersion]:
        secret_id = self._named(name)
        async with deadline(_told(secret_id)):
            arn, labels = await self._listed(secret_id)
            read = partial(self._read, secret_id)
            found = await self._cache.all(arn, labels, read)
        return _in_force(found, labels, secret_id)

    async def aclose(self) -> None:
        await self.manager.aclose()

    def _named(self, name: str) -> str:
        if (arn := ARN.fullmatch(name)) and arn[1] == self.manager.region:
            return name
        if name and NAME.fullmatch(self.prefix + name):
            return self.prefix + name
        raise errors.SecretNotFound(
            f"{_told(name)}: Secrets Manager has names of letters, digits and /_+=.@-"
            f" only, 512 at most, or ARNs of the region {self.manager.region}"
        )

    async def _listed(self, secret_id: str) -> tuple[str, dict[str, set[str]]]:
        """Return the ARN, and the labels of each version by its id."""
        question = {"SecretId": secret_id, "IncludeDeprecated": True, "MaxResults": 100}
        labels: dict[str, set[str]] = {}
        while True:
            answer = await self.manager.ask("list_secret_version_ids", **question)
            for listed in answer["Versions"]:
                labels[listed["VersionId"]] = {*listed.get("VersionStages", [])}
            if not (token := answer.get("NextToken")):
                break
            question["NextToken"] = token
        return answer["ARN"], {i: at for i, at in labels.items() if at != {PENDING}}

    async def _read(self, secret_id: str, version_id: str) -> SecretVersion | None:
        try:
            answer = await self.manager.ask(
                "get_secret_value", SecretId=secret_id, VersionId=version_id
            )
        except errors.SecretNotFound:
            return None  # AWS has just cleared it away
        return _version(answer, secret_id)


def _told(secret_id: str) -> str:
    return f"Secret {secret_id!r}"


def _version(answer: dict[str, Any], secret_id: str) -> SecretVersion:
    content = answer.get("SecretString", "").encode() or answer.get("SecretBinary", b"")
    return SecretVersion(
        value_in(content, _told(secret_id)),
        answer["VersionId"],
        milliseconds(answer["CreatedDate"].astimezone(UTC)),
    )


def _in_force(
    found: list[SecretVersion], labels: dict[str, set[str]], secret_id: str
) -> list[SecretVersion]:
    """Return the versions that count, AWSCURRENT first."""
    current = [version for version in found if CURRENT in labels[version.version]]
    if not current:
        raise errors.SecretNotFound(f"{_told(secret_id)}: it has no version {CURRENT}")
    since = current[0].created_at
    others = [
        version
        for version in found
        if version is not current[0]
        and (labels[version.version] or version.created_at <= since)
    ]
    others.sort(key=lambda version: version.created_at, reverse=True)
    return [current[0], *others]
