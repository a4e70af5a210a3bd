"""What both doors read."""

from pydantic import BaseModel, ConfigDict

from entrypoints.fields import Email, FullName, NewPassword, Username


class RequestBody(BaseModel):
    """Unknown keys are ignored, and have no effect."""

    model_config = ConfigDict(
        defer_build=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )


class NewUser(RequestBody):
    email: Email
    username: Username
    password: NewPassword
    full_name: FullName | None = None
