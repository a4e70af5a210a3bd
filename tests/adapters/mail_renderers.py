"""A renderer of a service made up."""

from adapters.mail.pages import MailPages
from adapters.mail.rendering import MailRenderer

RENDERER = MailRenderer(
    from_email="noreply@scribes.example",
    from_name="Scribes App",
    pages=MailPages(
        verify_email="https://scribes.example/verify",
        not_me="https://scribes.example/not-me",
        reset_password="https://scribes.example/reset?theme=dark",
        invitation="https://scribes.example/invitation",
        change_email="https://scribes.example/change-email",
        undo_email="https://scribes.example/change-email/undo",
    ),
)
