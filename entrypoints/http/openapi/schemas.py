"""The schemas of bodies and answers, as client generators read them best."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaValue,
    models_json_schema,
)
from pydantic_core.core_schema import WithDefaultSchema

Schema = Mapping[str, Any]

REF = "#/components/schemas/{model}"
PLAIN: Mapping[str, Any] = {"boolean": True, "integer": 0, "number": 0}
"""Examples of what needs none: text does, since it may be anything."""


class PlainSchemas(GenerateJsonSchema):
    """
    Says whether a field is sent by ``required``, and by that alone.

    Generators take a field with a default for one that is always there. It is an example.
    """

    def default_schema(self, schema: WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        if default := found.pop("default", None):
            found.setdefault("examples", [default])
        return found

    def field_title_should_be_set(self, schema: object) -> bool:
        return False


def schemas(
    bodies: Iterable[type[BaseModel]], answers: Iterable[type[BaseModel]]
) -> dict[str, Any]:
    """Return the schemas of these models, and of all in them, by name."""
    _, described = models_json_schema(
        [(model, "validation") for model in sorted(bodies, key=_name)]
        + [(model, "serialization") for model in sorted(answers, key=_name)],
        ref_template=REF,
        schema_generator=PlainSchemas,
    )
    found: dict[str, Any] = described["$defs"]
    return {name: _without_title(schema) for name, schema in found.items()}


def reference(model: type[BaseModel]) -> dict[str, str]:
    """Return the schema that stands for a model's."""
    return {"$ref": REF.format(model=model.__name__)}


def json_of(model: type[BaseModel], known: Mapping[str, Schema]) -> dict[str, Any]:
    """Return a JSON body as content, with an example if all of its fields have one."""
    described: dict[str, Any] = {"schema": reference(model)}
    with suppress(LookupError):
        described["example"] = example_of(known[model.__name__], known)
    return {"application/json": described}


def example_of(schema: Schema, known: Mapping[str, Schema]) -> Any:  # noqa: ANN401 - it is JSON
    """
    Return an example, put together from those of the fields.

    ``known`` are the schemas that are referred to. Raises LookupError where a field has none.
    """
    values = schema.get("examples") or schema.get("enum")
    if values or "const" in schema:
        return values[0] if values else schema["const"]
    if "$ref" in schema:
        return example_of(known[schema["$ref"].rpartition("/")[2]], known)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], known)
    if "properties" in schema:
        return {
            name: example_of(field, known)
            for name, field in schema["properties"].items()
        }
    if schema.get("type") == "array":
        return [example_of(schema["items"], known)]
    if schema.get("type") in PLAIN:
        return schema.get("minimum", PLAIN[schema["type"]])
    raise LookupError(f"a field without an example: {dict(schema)}")


def _without_title(schema: dict[str, Any]) -> dict[str, Any]:
    schema.pop("title", None)  # it is the name again
    return schema


def _name(model: type[BaseModel]) -> str:
    return model.__name__
