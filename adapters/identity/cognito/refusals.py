"""What the pool's errors mean to those who ask us."""

from datetime import timedelta

from botocore.exceptions import ClientError

from core import errors

BUSY = {
    "TooManyRequestsException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalErrorException",
    "ServiceUnavailable",
}
"""The whole pool is over its quota, or fails: that passes."""

OVER_LIMIT = {"LimitExceededException", "TooManyFailedAttemptsException"}
"""Somebody has tried, or asked for, too much."""

WAIT = timedelta(minutes=15)
"""What the pool does not tell; it forgets after between minutes and hours."""

REFUSALS: dict[str, type[errors.AuthError]] = {
    "UsernameExistsException": errors.EmailTaken,
    "AliasExistsException": errors.EmailTaken,
    "CodeMismatchException": errors.InvalidMailToken,
    "ExpiredCodeException": errors.InvalidMailToken,
    "UserNotFoundException": errors.UserNotFound,
    "UserNotConfirmedException": errors.EmailNotVerified,
    "PasswordResetRequiredException": errors.MoreThanPassword,
    "RefreshTokenReuseException": errors.InvalidRefreshToken,
    "NotAuthorizedException": errors.InvalidCredentials,
    "InvalidParameterException": errors.NotApplicable,
    "UnsupportedUserStateException": errors.NotApplicable,
}
"""By code; what else it may mean, who asked knows."""

POLICY = "Password did not conform with policy: "
DISABLED = "User is disabled"


def refusal_of(error: ClientError, operation: str) -> errors.AuthError:
    """Return what to raise for an error that the pool answered with."""
    told = error.response["Error"]
    code, message = told.get("Code", ""), told.get("Message", "")
    if code in BUSY:
        return _caused(errors.Unavailable(), f"{operation}: {code}")
    if code in OVER_LIMIT:
        return errors.TooManyAttempts(WAIT)
    if code == "InvalidPasswordException":
        rule = message.removeprefix(POLICY) or "Password breaks the pool's policy"
        return errors.PasswordRejected([rule])
    if code == "NotAuthorizedException" and DISABLED in message:
        return errors.AccountInactive()
    if kind := REFUSALS.get(code):
        return kind()
    # Its text may quote what was asked; the code and the operation are enough to go by.
    return _caused(errors.Unavailable(), f"Cognito refused {operation}: {code}")


def _caused(error: errors.AuthError, reason: str) -> errors.AuthError:
    error.__cause__ = RuntimeError(reason)
    return error
