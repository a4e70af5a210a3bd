"""The command line in this process, on a storage in a file."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from typer.testing import CliRunner, Result

from config.adapters import storage_at
from config.container import Container
from config.loading import load_settings
from core.model import Client
from core.ports import Storage
from entrypoints.cli.app import app
from tests.unit.world import PASSWORD

T = TypeVar("T")

QUICK = {"BCRYPT_ROUNDS": "4", "COLUMNS": "200"}


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Runs commands, each as a program of its own would, and nobody is there to be asked."""

    directory: Path
    settings: dict[str, str] = field(default_factory=lambda: dict(QUICK))

    def run(self, *arguments: str, **settings: str) -> Result:
        """Run one to its end, whatever it is."""
        environment = self.settings | settings
        return CliRunner().invoke(app, arguments, env=environment, input="")

    def tell(self, *arguments: str, **settings: str) -> str:
        """Return what one prints that succeeds."""
        done = self.run(*arguments, **settings)
        assert 0 == done.exit_code, done.output
        return done.stdout

    def json(self, *arguments: str) -> Any:  # noqa: ANN401 - of any type
        """Return the document that one prints, and nothing beside it."""
        return json.loads(self.tell(*arguments, "--json"))

    def add(self, username: str, *more: str) -> Mapping[str, Any]:
        """Add a user with a password."""
        named = ("--email", f"{username}@example.com", "--username", username)
        self.settings["USER_PASSWORD"] = PASSWORD
        user: Mapping[str, Any] = self.json("users", "create", *named, *more)
        return user

    def log_in(self, username: str, client: Client) -> None:
        """Log a user in as the service does."""

        async def log_in() -> None:
            container = Container(settings=load_settings())
            storage = container.storage()
            await storage.open()
            try:
                await container.sessions().log_in(
                    email=f"{username}@example.com", password=PASSWORD, client=client
                )
            finally:
                await storage.aclose()

        asyncio.run(log_in())

    def stored(self, look: Callable[[Storage], Awaitable[T]]) -> T:
        """Return what somebody finds in the storage beside the command line."""

        async def opened() -> T:
            storage = storage_at(f"sqlite:///{self.directory / 'var' / 'scribes.db'}")
            await storage.open()
            try:
                return await look(storage)
            finally:
                await storage.aclose()

        return asyncio.run(opened())
