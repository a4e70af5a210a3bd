import pytest
from botocore.exceptions import ClientError

from adapters.identity.cognito.refusals import refusal_of
from core import errors

MEANINGS = [
    ("UsernameExistsException", "", errors.EmailTaken),
    ("CodeMismatchException", "", errors.InvalidMailToken),
    ("ExpiredCodeException", "", errors.InvalidMailToken),
    (
        "NotAuthorizedException",
        "Incorrect username or password.",
        errors.InvalidCredentials,
    ),
    ("NotAuthorizedException", "User is disabled.", errors.AccountInactive),
    ("UserNotConfirmedException", "", errors.EmailNotVerified),
    ("PasswordResetRequiredException", "", errors.MoreThanPassword),
    ("TooManyRequestsException", "", errors.Unavailable),
    ("LimitExceededException", "", errors.TooManyAttempts),
    ("TooManyFailedAttemptsException", "", errors.TooManyAttempts),
    ("InternalErrorException", "", errors.Unavailable),
    ("WhateverComesNext", "jane@example.com may not", errors.Unavailable),
]


def answered(code: str, message: str) -> errors.AuthError:
    told = {"Error": {"Code": code, "Message": message}}
    return refusal_of(ClientError(told, "SignUp"), "sign_up")


@pytest.mark.parametrize(("code", "message", "meaning"), MEANINGS)
def test_an_error_of_the_pool_is_one_of_ours(
    code: str, message: str, meaning: type[errors.AuthError]
) -> None:
    assert meaning is type(answered(code, message))


def test_a_password_that_breaks_the_pools_rules_is_refused_with_the_rule() -> None:
    told = "Password did not conform with policy: Password not long enough"

    refusal = answered("InvalidPasswordException", told)

    assert isinstance(refusal, errors.PasswordRejected)
    assert ("Password not long enough",) == refusal.problems


def test_operators_are_told_the_code_and_nothing_that_was_asked() -> None:
    refusal = answered("WhateverComesNext", "jane@example.com may not")

    assert isinstance(refusal, errors.Unavailable)
    assert "WhateverComesNext" in refusal.reason
    assert "jane" not in refusal.reason
