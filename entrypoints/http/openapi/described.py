"""What fields are, told in the OpenAPI; nothing here checks anything."""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

LARGEST_ID = 2**53 - 1
"""What JavaScript and Dart read exactly."""

ACCESS_TOKEN = "eyJhbGciOiJFZERTQSIsInR5cCI6ImF0K2p3dCJ9..."  # noqa: S105 - an example
REFRESH_TOKEN = "eyJhbGciOiJFZERTQSIsInR5cCI6InJ0K2p3dCJ9..."  # noqa: S105 - an example
MAILED_TOKEN = "4b1f8c5e0d7a4c6f9e2b3a1d5c7e9f80.dGhlIE1BQyBvZiBpdA"  # noqa: S105 - an example
REQUEST_ID = "0f3c9a52c8b14e0d9d6f1b7a5e2c4d88"


PUBLIC_KEY: Mapping[str, Any] = {
    "title": "PublicKey",
    "type": "object",
    "description": "A JWK (RFC 7517); what else is in it depends on kty (RFC 7518, 8037)",
    "required": ["kty", "kid", "alg", "use"],
    "properties": {
        "kty": {"type": "string", "examples": ["OKP"]},
        "kid": {
            "type": "string",
            "description": "The RFC 7638 thumbprint",
            "examples": ["kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"],
        },
        "alg": {
            "type": "string",
            "description": "The one algorithm that it is for",
            "examples": ["EdDSA"],
        },
        "use": {"const": "sig", "type": "string"},
    },
    "additionalProperties": {"type": "string"},
}
"""Of any algorithm: what else is in one is text, too."""

T = TypeVar("T")


def told(description: str | None = None, *, example: object, **schema: object) -> Any:  # noqa: ANN401 - as Field has it
    """Return what `Annotated` needs to tell this, and ``schema`` besides."""
    return Field(
        description=description,
        examples=[example],
        json_schema_extra=schema or None,  # type: ignore[arg-type]
    )


class LeftOut:
    """A field that is not sent where it is None; so in the schema it is never null."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(schema)
        return next(it for it in found["anyOf"] if it != {"type": "null"})


def _is_none(value: object) -> bool:
    return value is None


Sometimes = Annotated[T | None, LeftOut(), Field(exclude_if=_is_none)]
"""Not sent where it is None."""
