"""
Users in a user pool of Amazon Cognito, behind the same ports as our own.

What the pool can't do raises ``NotWithCognito``; ``MISSING`` names those operations, by the
ids that clients generate code from.
"""

MISSING = frozenset(
    {
        "rejectAccount",
        "requestEmailChange",
        "confirmEmailChange",
        "undoEmailChange",
        "listMySessions",
        "endMySession",
        "endMyOtherSessions",
        "listUserSessions",
        "endAnySession",
        "listEvents",
        "getStats",
        "listKeys",
    }
)

MISSING_PAGES = frozenset(
    {"/verify-email/reject", "/change-email", "/change-email/undo"}
)
