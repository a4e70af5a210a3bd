"""What Terraform makes of ``deploy/aws``: on providers that make nothing, or on moto."""

import json
import os
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.deploy.aws_account import AwsAccount
from tests.servers.certificates import LocalAuthority
from tools.deploy import scanners, terraform
from tools.deploy.environments import environment

TEMPLATES = terraform.CHECKOUT / "deploy" / "aws"
IMAGE = "registry.example/scribes-auth:1.2.3"
JWT, SMTP = "scribes/jwt-secret", "scribes/smtp-password"
MASTER = "rds!db"
LONGEST = 600.0
BY_DEFAULT = "-filter=tests/design.tftest.hcl"
"""The test of what the templates make by default, alone."""
MIRRORS = """
disable_checkpoint = true
provider_installation {{
  filesystem_mirror {{
    path = "{mirror}"
  }}
}}
"""


@dataclass(frozen=True)
class Installation:
    """The values of all resources, by their addresses."""

    values: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> Self:
        """Read what Terraform tells of a state."""
        resources = state["root_module"]["resources"]
        return cls({it["address"]: it["values"] for it in resources})

    def container(self, task: str) -> dict[str, Any]:
        """Return the one container of a task."""
        definition = self.values[f"aws_ecs_task_definition.{task}"]
        (container,) = json.loads(definition["container_definitions"])
        return dict(container)

    def environment(self, task: str) -> dict[str, str]:
        """Return the variables that a task's container gets."""
        listed = self.container(task)["environment"]
        return {it["name"]: it["value"] for it in listed}

    def of_kind(self, kind: str) -> list[Mapping[str, Any]]:
        """Return what is known of the resources of a kind."""
        known = self.values.items()
        return [it for address, it in known if address.startswith(f"{kind}.")]

    def injected(self, task: str) -> dict[str, str]:
        """Return the ARNs of the secrets that ECS puts into a task's environment."""
        listed = self.container(task)["secrets"]
        return {it["name"]: it["valueFrom"] for it in listed}

    def policy(self, name: str) -> str:
        """Return what a role may do."""
        return str(self.values[f"aws_iam_role_policy.{name}"]["policy"])

    @property
    def database(self) -> Mapping[str, Any]:
        """What is known of the database."""
        return self.values["aws_db_instance.this"]

    def passed_paths(self) -> list[str]:
        """Return the patterns that the balancer passes on from everywhere."""
        rules = self.of_kind("aws_lb_listener_rule")
        conditions = [it for rule in rules for it in rule["condition"]]
        patterns = [it for condition in conditions for it in condition["path_pattern"]]
        return [path for pattern in patterns for path in pattern["values"]]

    @property
    def master_secret(self) -> str:
        """The ARN of the secret that RDS keeps."""
        (secret,) = self.database["master_user_secret"]
        return str(secret["secret_arn"])


def rendered(account: AwsAccount, _directory: Path, *choices: str) -> Installation:
    """Return what the templates' own test makes, with the secrets that an apply leaves."""
    asked = (BY_DEFAULT, "-json", "-verbose", *choices)
    said = terraform.run(TEMPLATES, "test", "rebuilt", *asked)
    lines = [
        json.loads(line) for line in said.stdout.splitlines() if line.startswith("{")
    ]
    (state,) = (line["test_state"] for line in lines if line["type"] == "test_state")
    login = {"username": "scribes", "password": secrets.token_urlsafe(20)}
    account.put(JWT, secrets.token_hex(32))
    account.put(MASTER, json.dumps(login))
    account.put(SMTP, "not known yet")
    text = json.dumps(state)
    for arn in map(account.arn, (JWT, SMTP, MASTER)):
        text = text.replace(f"{arn[:-6]}MadeUp", arn)
    return Installation.of(json.loads(text))


def applied(account: AwsAccount, directory: Path) -> Installation:
    """Return what the real provider makes in an account."""
    place = shutil.copytree(
        TEMPLATES, directory / "aws", ignore=shutil.ignore_patterns(".terraform*")
    )
    config = directory / "terraform.rc"
    config.write_text(MIRRORS.format(mirror=_mirror()))
    variables = {
        "image": IMAGE,
        "certificate_arn": _certificate(account),
        "create_cache": "false",  # moto can't
        "redis_url": "rediss://cache.example:6379/0",
    }
    told = [f"-var={name}={value}" for name, value in variables.items()]
    given = {
        **os.environ,
        **account.environment(account.port),
        "TF_CLI_CONFIG_FILE": str(config),
    }

    def run(*arguments: str) -> str:
        command = ["terraform", f"-chdir={place}", *arguments]
        done = subprocess.run(
            command,
            env=given,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        return done.stdout

    run("init", "-input=false")
    run("apply", "-auto-approve", "-input=false", "-var-file=example.tfvars", *told)
    return Installation.of(json.loads(run("show", "-json"))["values"])


def _mirror() -> str:
    """Return where tfcheck finds the provider."""
    python = str(environment(scanners.REQUIREMENTS) / "python")
    ask = "import tfcheck; print(tfcheck.plugin_mirror())"
    return subprocess.run(
        [python, "-c", ask],
        cwd=terraform.tfcheck_program().parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def _certificate(account: AwsAccount) -> str:
    chain, key = LocalAuthority().server_files("auth.example.com")
    answer = account.client("acm").import_certificate(Certificate=chain, PrivateKey=key)
    return str(answer["CertificateArn"])
