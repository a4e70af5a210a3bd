"""What stands on this machine for what the tasks meet at AWS."""

import json
import secrets
from dataclasses import dataclass

from psycopg import sql

from tests.adapters.postgres_world import console
from tests.deploy.aws_account import AwsAccount
from tests.deploy.installation import Installation
from tests.http.post_office import PostOffice
from tests.servers import LOOPBACK
from tests.servers.certificates import LocalAuthority
from tests.servers.postgres import PostgresServer
from tests.servers.service import QUICK


@dataclass(frozen=True)
class Here:
    """AWS, with a database that speaks TLS, a cache and a mail server."""

    account: AwsAccount
    database: PostgresServer
    cache_url: str
    office: PostOffice

    def settings(self, made: Installation, task: str) -> dict[str, str]:
        """
        Return a task's own environment, with the addresses of this machine.

        It is led to another host and port of the database, to a cache that speaks no
        TLS, to another mail server, and to an endpoint of AWS with the credentials that a
        task gets from ECS; and it looks for new secrets more often.
        """
        told = made.environment(task) | self._injected(made, task)
        assert ("0.0.0.0", "8000") == (told.pop("HOST"), told.pop("PORT"))  # noqa: S104
        there = (f"host={made.database['address']}", f"port={made.database['port']}")
        here = (f"host={self.database.host}", f"port={self.database.port}")
        for old, new in zip(there, here, strict=True):
            assert old in told["DATABASE_URL"]
            told["DATABASE_URL"] = told["DATABASE_URL"].replace(old, new)
        assert told["REDIS_URL"].startswith("rediss://")
        office = {**self.office.settings, "SMTP_PASSWORD": told["SMTP_PASSWORD"]}
        return {
            **dict.fromkeys(QUICK, ""),
            **told,
            **office,
            **self.account.environment(self.account.port),
            "REDIS_URL": self.cache_url,
            "SECRETS_REFRESH_SECONDS": "1",
        }

    def _injected(self, made: Installation, task: str) -> dict[str, str]:
        """Return what ECS adds to a task's environment when it starts."""
        listed = made.injected(task).items()
        return {name: self.secret(arn) for name, arn in listed}

    def secret(self, name: str) -> str:
        """Return what a secret holds now."""
        client = self.account.client("secretsmanager")
        return str(client.get_secret_value(SecretId=name)["SecretString"])

    def let_in(self, made: Installation) -> None:
        """Make the database and its master, with the password that RDS has put."""
        login = self.master_login(made)
        with console(self.database.url) as operator:
            role = sql.Identifier(login["username"])
            password = sql.Literal(login["password"])
            name = sql.Identifier(made.database["db_name"])
            create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            operator.execute(create.format(role, password))
            create = sql.SQL("CREATE DATABASE {} OWNER {}")
            operator.execute(create.format(name, role))

    def master_login(self, made: Installation) -> dict[str, str]:
        """Return what the secret of the database's master holds."""
        login: dict[str, str] = json.loads(self.secret(made.master_secret))
        return login

    def rotate_master(self, made: Installation) -> None:
        """Give the master another password, as RDS does each week."""
        login = {**self.master_login(made), "password": secrets.token_urlsafe(20)}
        with console(self.database.url) as operator:
            alter = sql.SQL("ALTER ROLE {} PASSWORD {}")
            role, password = login["username"], login["password"]
            operator.execute(alter.format(sql.Identifier(role), sql.Literal(password)))
        client = self.account.client("secretsmanager")
        value = json.dumps(login)
        client.put_secret_value(SecretId=made.master_secret, SecretString=value)


def database_with_tls() -> PostgresServer:
    """Return a server, not started yet, that speaks TLS as RDS does."""
    server = PostgresServer(
        ssl="on", ssl_cert_file="../server.pem", ssl_key_file="../server.key"
    )
    files = LocalAuthority().server_files(LOOPBACK)
    for name, content in zip(("server.pem", "server.key"), files, strict=True):
        file = server.directory / name
        file.write_bytes(content)
        file.chmod(0o600)
        if server.owner is not None:
            server.owner.give(file)
    return server
