"""Which resource answers at which path."""

from functools import cache
from importlib.metadata import version
from typing import Any

from config.container import Container
from entrypoints.http.openapi.document import openapi
from entrypoints.http.reference import Reference, reference_of
from entrypoints.http.resources import (
    address_pages,
    admin_mails,
    admin_sessions,
    admin_users,
    audit,
    health,
    invitations,
    mailed_codes,
    own_account,
    own_sessions,
    pages,
    password_pages,
    passwords,
    registration,
    sessions,
    verify,
    wellknown,
)
from entrypoints.http.resources import email_changes as changes

VERSION = version("scribes-auth")


def routes(container: Container) -> dict[str, object]:
    """Return the resource behind each path."""
    api, settings = _api(container), container.settings()

    @cache
    def document() -> dict[str, Any]:
        return openapi(
            api,
            version=VERSION,
            server=settings.public_url or "/",
            missing=container.missing(),
        )

    @cache
    def reference() -> Reference:
        return reference_of(document())

    figures = {"/metrics": health.Figures(container.metrics())}
    description = {
        "/openapi.json": wellknown.OpenApi(document),
        "/docs": wellknown.Docs(document, reference),
    }
    return {
        **api,
        **(figures if settings.metrics_enabled else {}),
        **(description if settings.docs_enabled else {}),
        **_pages(container),
    }


def _pages(container: Container) -> dict[str, object]:
    verifications, policy = container.verifications(), container.policy()
    email_changes = container.email_changes()
    missing = container.missing_pages()
    found = {
        "/verify-email": pages.VerifyEmailPage(
            verifications, may_reject="/verify-email/reject" not in missing
        ),
        "/verify-email/reject": pages.RejectAccountPage(verifications),
        "/reset-password": password_pages.ResetPasswordPage(
            container.password_resets(), policy
        ),
        "/invitation": password_pages.InvitationPage(container.invitations(), policy),
        "/change-email": address_pages.ChangeEmailPage(email_changes),
        "/change-email/undo": address_pages.UndoEmailPage(email_changes),
    }
    return {path: page for path, page in found.items() if path not in missing}


def _api(container: Container) -> dict[str, object]:
    users, logins = container.accounts(), container.sessions()
    verifications, resets = container.verifications(), container.password_resets()
    invited = container.invitations()
    return {
        "/auth/register": registration.Register(users),
        "/auth/verify-email": registration.VerifyEmail(verifications),
        "/auth/verify-email/reject": registration.RejectAccount(verifications),
        "/auth/resend-verification": registration.ResendVerification(verifications),
        "/auth/invitation/accept": invitations.AcceptInvitation(invited),
        "/auth/login": sessions.Login(logins),
        "/auth/refresh": sessions.Refresh(logins),
        "/auth/logout": sessions.Logout(logins),
        "/auth/logout-all": sessions.LogoutAll(logins),
        "/auth/verify": verify.Verify(),
        "/auth/verify-path/{roles}/{path:path}": verify.VerifyPath(),
        "/auth/change-password": passwords.ChangePassword(container.password_changes()),
        "/auth/password-reset/request": passwords.RequestPasswordReset(resets),
        "/auth/password-reset/confirm": passwords.ConfirmPasswordReset(resets),
        **(_by_codes(container) if container.mails_codes() else {}),
        **_own(container),
        **_administration(container),
        **_service(container),
    }


def _by_codes(container: Container) -> dict[str, object]:
    """Return what takes an address, too, since what was mailed does not name it."""
    codes = mailed_codes
    return {
        "/auth/verify-email": codes.VerifyEmail(container.verifications()),
        "/auth/password-reset/confirm": codes.ConfirmPasswordReset(
            container.password_resets()
        ),
        "/auth/invitation/accept": codes.AcceptInvitation(container.invitations()),
    }


def _own(container: Container) -> dict[str, object]:
    """Return what is about the caller's own account."""
    account, names = container.own_account(), container.device_names()
    own, email_changes = container.own_sessions(), container.email_changes()
    return {
        "/auth/me": own_account.Me(account),
        "/auth/me/export": own_account.ExportMe(account, names),
        "/auth/change-email": changes.RequestEmailChange(email_changes),
        "/auth/change-email/confirm": changes.ConfirmEmailChange(email_changes),
        "/auth/change-email/undo": changes.UndoEmailChange(email_changes),
        "/auth/sessions": own_sessions.SessionsOfMine(own, names),
        "/auth/sessions/{session_id:name}": own_sessions.SessionOfMine(own),
    }


def _administration(container: Container) -> dict[str, object]:
    """Return what is for administrators."""
    settings, names = container.settings(), container.device_names()
    users, logins = container.user_administration(), container.session_administration()
    audits = container.audit()
    user = "/admin/users/{user_id:id}"
    return {
        "/admin/users": admin_users.Users(users, settings.base_path),
        user: admin_users.OneUser(users, settings.admin_require_if_match),
        f"{user}/invitation": admin_mails.Invitation(users),
        f"{user}/password-reset": admin_mails.UserPasswordReset(users),
        f"{user}/verification": admin_mails.UserVerification(users),
        f"{user}/unlock": admin_mails.Unlocking(users),
        f"{user}/sessions": admin_sessions.UserSessions(logins, names),
        "/admin/sessions/{session_id:name}": admin_sessions.AnySession(logins),
        "/admin/events": audit.Events(audits, names),
        "/admin/stats": audit.Stats(audits),
    }


def _service(container: Container) -> dict[str, object]:
    """Return what is for operators and for other services."""
    storage, clock = container.storage(), container.clock()
    limiter, mails = container.limiter(), container.mail_watch()
    return {
        "/health": health.HealthCheck(storage, limiter, mails, clock),
        "/livez": health.Livez(),
        "/readyz": health.Readyz(
            container.readiness(), limiter, container.secret_watch(), mails
        ),
        "/.well-known/jwks.json": wellknown.Jwks(container.token_service()),
    }
