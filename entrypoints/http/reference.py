"""An OpenAPI document as people read it: every operation with its fields, rules and examples."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Schema: TypeAlias = Mapping[str, Any]

PROBLEM = "application/problem+json"
DEEPEST = 4
"""Levels of fields within fields that are shown."""

BOUNDS = (
    ("minLength", "maxLength", "characters"),
    ("minItems", "maxItems", "entries"),
    ("minimum", "maximum", ""),
)


@dataclass(frozen=True, slots=True)
class Field:
    """A field, parameter or header; ``parts`` are the fields of what is in it."""

    name: str
    kind: str
    optional: bool
    description: str
    rules: tuple[str, ...]
    example: str | None
    parts: tuple["Field", ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a status means, and what comes with it."""

    status: str
    description: str
    codes: tuple[str, ...]
    """Of a refusal, where the document has an example of each."""
    headers: tuple[Field, ...]
    """Its own; ``common`` are the names of those that are told once, for all answers."""
    common: tuple[str, ...]
    body: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation."""

    method: str
    path: str
    summary: str
    description: str
    needs_token: bool
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    body_optional: bool
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """All of it; ``problem`` has the fields that every refusal has, ``headers`` the common ones."""

    entries: tuple[Entry, ...]
    problem: tuple[Field, ...]
    headers: tuple[Field, ...]


def reference_of(document: Schema) -> Reference:
    """Return what an OpenAPI 3.1 document says."""
    reader = Reader(document)
    components = document.get("components", {})
    return Reference(
        entries=tuple(
            reader.entry(path, method, operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if "responses" in operation  # else it is of all methods
        ),
        problem=tuple(reader.fields(components.get("schemas", {}).get("Problem", {}))),
        headers=reader.headers(components.get("headers", {})),
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads parts of a document, wherever in it they are defined."""

    document: Schema

    def entry(self, path: str, method: str, operation: Schema) -> Entry:
        body = self.defined(operation.get("requestBody", {}))
        return Entry(
            method=method,
            path=path,
            summary=operation.get("summary", ""),
            description=operation.get("description", ""),
            needs_token=bool(
                operation.get("security", self.document.get("security", []))
            ),
            parameters=tuple(
                self.named(it)
                for it in map(self.defined, operation.get("parameters", []))
            ),
            body=self.content(body),
            body_optional=not body.get("required", False),
            answers=tuple(
                self.answer(status, self.defined(response))
                for status, response in operation["responses"].items()
            ),
        )

    def answer(self, status: str, response: Schema) -> Answer:
        headers = response.get("headers", {})
        common = tuple(name for name, header in headers.items() if "$ref" in header)
        own = {name: headers[name] for name in headers if name not in common}
        problem = response.get("content", {}).get(PROBLEM, {})
        return Answer(
            status=status,
            description=response.get("description", ""),
            codes=tuple(problem.get("examples", ())),
            headers=self.headers(own),
            common=common,
            body=self.content(response),
        )

    def headers(self, of: Schema) -> tuple[Field, ...]:
        """Return headers by name."""
        found = ({"name": name, **self.defined(it)} for name, it in of.items())
        return tuple(map(self.named, found))

    def content(self, of: Schema) -> tuple[Field, ...]:
        """Return the fields of a body; of a refusal none, they are always the same."""
        for media, content in of.get("content", {}).items():
            if media != PROBLEM:
                return tuple(self.fields(content.get("schema", {})))
        return ()

    def named(self, it: Schema) -> Field:
        """Return a parameter or header."""
        schema = {"description": it.get("description", ""), **it.get("schema", {})}
        if it.get("description"):
            schema["description"] = it["description"]
        if "example" in it:
            schema["examples"] = [it["example"]]
        return self.field(it["name"], schema, optional=not it.get("required"))

    def fields(self, schema: Schema, depth: int = 0) -> Iterator[Field]:
        """Return what an object has, or the objects that a list is of."""
        schema = self.plain(schema)
        if "items" in schema:
            yield from self.fields(schema["items"], depth)
            return
        required = schema.get("required", [])
        for name, one in schema.get("properties", {}).items():
            yield self.field(name, one, optional=name not in required, depth=depth)

    def field(
        self, name: str, schema: Schema, *, optional: bool, depth: int = 0
    ) -> Field:
        schema = self.plain(schema)
        examples = schema.get("examples") or [schema.get("example")]
        parts = self.fields(schema, depth + 1) if depth < DEEPEST else ()
        return Field(
            name=name,
            kind=self.kind(schema),
            optional=optional,
            description=schema.get("description", ""),
            rules=tuple(rules_of(schema)),
            example=None if examples[0] is None else _text(examples[0]),
            parts=tuple(parts),
        )

    def kind(self, schema: Schema) -> str:
        """Return the type in words."""
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return " or ".join(dict.fromkeys(self.kind(self.plain(c)) for c in choices))
        kinds = schema.get("type", "any")
        kind = kinds if isinstance(kinds, str) else " or ".join(kinds)
        inner = schema.get("items") or schema.get("additionalProperties")
        if kind in {"array", "object"} and inner and isinstance(inner, Mapping):
            return f"{kind} of {self.kind(self.plain(inner))}"
        return f"{kind} ({schema['format']})" if "format" in schema else kind

    def plain(self, schema: Schema) -> dict[str, Any]:
        """Return a schema as one: what is elsewhere, or in parts, or may be null as well."""
        found = dict(self.defined(schema))
        for part in found.pop("allOf", ()):
            found = {**self.plain(part), **found}
        choices = [c for c in found.get("anyOf", ()) if c.get("type") != "null"]
        if len(choices) == 1:
            inner = self.plain(choices[0])
            null = " or null" if len(found.pop("anyOf")) > 1 else ""
            found = {**inner, **found}
            found["type"] = f"{self.kind(inner)}{null}"
            found.pop("format", None)
            # Null by default is what "optional" says already.
            found = {k: v for k, v in found.items() if (k, v) != ("default", None)}
        return found

    def defined(self, it: Schema) -> Schema:
        """Return what a reference leads to; what stands beside it counts more."""
        if "$ref" not in it:
            return it
        found: Any = self.document
        for step in it["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        beside = {name: value for name, value in it.items() if name != "$ref"}
        return {**self.defined(found), **beside}


def rules_of(schema: Schema) -> Iterator[str]:
    """Return what a value has to keep, in words."""
    if "const" in schema:
        yield f"always {_text(schema['const'])}"
    elif "default" in schema and not isinstance(schema["default"], list | None):
        yield f"{_text(schema['default'])} if it is left out"
    if "enum" in schema:
        yield f"one of {', '.join(map(_text, schema['enum']))}"
    for lowest, highest, unit in BOUNDS:
        if bound := _bound(schema.get(lowest), schema.get(highest)):
            yield f"{bound} {unit}".rstrip()
    if "pattern" in schema:
        yield f"matches {schema['pattern']}"
    if isinstance(schema.get("items"), Mapping):
        yield from (f"each {rule}" for rule in rules_of(schema["items"]))


def _bound(lowest: int | None, highest: int | None) -> str:
    if lowest is not None and highest is not None:
        return f"{lowest} to {highest}"
    if lowest is not None:
        return f"at least {lowest}"
    return "" if highest is None else f"at most {highest}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
