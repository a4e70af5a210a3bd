"""An AWS account for what Terraform makes: secrets, rights, and who asked for what."""

import json
import zipfile
from io import BytesIO
from types import ModuleType

import boto3
import pytest
from botocore.client import BaseClient
from moto.awslambda.models import LambdaBackend
from moto.iam.access_control import IAMPolicy, PermissionResult

from tests.servers.aws import Answer, AwsServer, Begin, Environment

TARGET = "HTTP_X_AMZ_TARGET"
SECRETS = "secretsmanager."
ROTATE = "secretsmanager.RotateSecret"
TAGS_OF_SCALING = "AnyScaleFrontendService.ListTagsForResource"


class AwsAccount(AwsServer):
    """
    Notes each call for a secret, and runs functions.

    Moto wants Docker for those, and lacks a call that Terraform makes of scaling.
    """

    def __init__(self) -> None:
        super().__init__()
        self.calls: set[tuple[str, str]] = set()
        self._others = set(self._backend.secrets)

    def stop(self) -> None:
        """Stop serving, and forget all secrets that were made meanwhile."""
        super().stop()
        for name in set(self._backend.secrets) - self._others:
            self.remove(name)

    def client(self, service: str) -> BaseClient:
        """Return an operator's client."""
        given = self.environment(self.port)
        return boto3.client(
            service,
            region_name=self.region,
            endpoint_url=given["AWS_ENDPOINT_URL"],
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        )

    def run(self, archive: bytes, event: dict[str, str]) -> None:
        """Run the function in an archive, as Lambda does."""
        function = ModuleType("index")
        with zipfile.ZipFile(BytesIO(archive)) as files:
            exec(files.read("index.py"), vars(function))  # noqa: S102 - ours
        given = {**self.environment(self.port), "AWS_DEFAULT_REGION": self.region}
        with pytest.MonkeyPatch.context() as patch:
            for name, value in given.items():
                patch.setenv(name, value)
            function.handler(event, None)

    def run_functions(self, patch: pytest.MonkeyPatch) -> None:
        """Let moto run functions here, and not in Docker."""

        def invoke(
            backend: LambdaBackend, name: str, *, body: str, **_others: object
        ) -> bytes:
            event = json.loads(body)
            if event["Step"] == "testSecret":
                self._give_value(event["SecretId"], event["ClientRequestToken"])
            self.run(backend.get_function(name).code_bytes, event)
            return b"null"

        patch.setattr(LambdaBackend, "invoke", invoke)

    def _give_value(self, name: str, version: str) -> None:
        """Put into a version that is only tried what AWS does: a copy of the current."""
        versions = self._secret(name).versions
        current = versions[self._labelled(name, "AWSCURRENT")]["secret_string"]
        versions[version].setdefault("secret_string", current)

    def _answer(self, environ: Environment, begin: Begin) -> Answer:
        target = environ.get(TARGET, "")
        if target == TAGS_OF_SCALING:
            begin("200 OK", [("Content-Type", "application/x-amz-json-1.1")])
            return [b'{"Tags": {}}']
        if target.startswith(SECRETS):
            self._note(environ, target.removeprefix(SECRETS))
        if target == ROTATE:  # its function asks us while this call is under way
            answer: Answer = self._app(environ, begin)
            return answer
        return super()._answer(environ, begin)

    def _note(self, environ: Environment, action: str) -> None:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = BytesIO(body)
        if name := json.loads(body).get("SecretId"):
            self.calls.add((f"secretsmanager:{action}", self.arn(name)))


def permits(policy: str, action: str, resource: str, **context: str) -> bool:
    """Tell what IAM, as moto has it, says to a call."""
    given = {name.replace("_", ":"): value for name, value in context.items()}
    answer = IAMPolicy(policy).is_action_permitted(
        action, resource, incoming_condition_values=given
    )
    return answer is PermissionResult.PERMITTED


def every_action(service: str) -> list[str]:
    """Return all actions that a service has."""
    client = boto3.client(service, region_name=AwsServer.region)
    return [f"{service}:{name}" for name in client.meta.service_model.operation_names]
