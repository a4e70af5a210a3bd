from tests.contract.driving_administration import (
    AuditLaws,
    ChangeLaws,
    InvitationLaws,
    LastAdminLaws,
    MailLaws,
    OthersSessionLaws,
    PermissionLaws,
    RemovalLaws,
    SearchLaws,
)
from tests.contract.driving_own_account import EmailChangeLaws, OwnAccountLaws


class AdministrationContract(
    PermissionLaws,
    InvitationLaws,
    ChangeLaws,
    LastAdminLaws,
    RemovalLaws,
    MailLaws,
    OthersSessionLaws,
    SearchLaws,
    AuditLaws,
    OwnAccountLaws,
    EmailChangeLaws,
):
    """The laws of administration and of own accounts; the subject is an ``AdministeredService``."""
