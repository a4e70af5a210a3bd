"""The command line: `scribes-auth mail`."""

import asyncio
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated

import typer

from core import errors
from core.model import Locale, Mail, MailKind
from core.ports import Mailer
from entrypoints.cli.arguments import Yes, text
from entrypoints.cli.console import configured, failed, failure, wired
from entrypoints.cli.desk import demand_yes
from entrypoints.cli.output import tell

mail = typer.Typer(help="The mails that are sent.", no_args_is_help=True)


@mail.command()
def preview(
    directory: Annotated[Path, typer.Argument(help="Is made, if it is not there")],
    *,
    yes: Yes = False,
) -> None:
    """Write every mail of every language, as text, HTML and a mail, to files."""
    settings = configured()
    # Here, since it takes long, and no other command needs it.
    from config.adapters import mail_previews  # noqa: PLC0415

    files = {
        directory / f"{name}.{suffix}": content
        for name, message in mail_previews(settings)
        for suffix, content in _parts(message).items()
    }
    if there := [file for file in files if file.exists()]:
        demand_yes(f"Overwrite {len(there)} files in {directory}?", yes=yes)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            file.write_bytes(content)
    except OSError as error:
        raise failure(f"{error.filename}: {error.strerror}") from None
    tell(f"{len(files)} files are in {directory}.")


@mail.command("test")
def send_one(
    address: Annotated[str, typer.Argument(callback=text, help="To whom")],
    kind: Annotated[MailKind, typer.Option()] = MailKind.VERIFY_EMAIL,
    locale: Annotated[Locale | None, typer.Option(help="Else MAIL_LOCALE")] = None,
) -> None:
    """Send one mail now, as the service would, and tell what the mail server says."""
    container = wired()
    settings = container.settings()
    from config.adapters import mail_sample  # noqa: PLC0415 - as above

    sample = replace(
        mail_sample(kind, locale or settings.mail_locale),
        id=container.ids().new_id(),
        to=address,
        at=container.clock().now(),
    )
    try:
        said = asyncio.run(_sent(container.mailer(), sample))
    except errors.OperationError as error:
        raise failed(error) from None
    tell(f"Sent to {address}: {said}")
    tell("It is a sample: its link opens nothing.", beside=True)


async def _sent(mailer: Mailer, sample: Mail) -> str:
    """Return what the server says; raises OperationError."""
    await mailer.ping()  # what is refused here is the configuration
    try:
        return await mailer.send(sample)
    except errors.MailRefused as refusal:
        raise errors.OperationError(str(refusal)) from None


def _parts(message: EmailMessage) -> dict[str, bytes]:
    """Return what a mail program shows, and the mail, by the suffix of a file."""
    bodies = {it.get_content_subtype(): it for it in message.iter_parts()}
    return {
        "txt": bodies["plain"].get_content().encode(),
        "html": bodies["html"].get_content().encode(),
        "eml": message.as_bytes(),
    }
