"""The document as the judge: is every answer one that the operation names, and was every one called?

Bodies are held against the schemas by jsonschema, which knows nothing of this server.
"""

import json
import re
from urllib.parse import unquote, urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

METHODS = {"get", "put", "post", "delete", "patch", "head", "options"}
DOCUMENT = "urn:document"


def _parts(node):
    """The names of the schemas that others are put together of."""
    if isinstance(node, list):
        return {name for inner in node for name in _parts(inner)}
    if not isinstance(node, dict):
        return set()
    own = {part["$ref"].rsplit("/", 1)[1] for part in node.get("allOf", ()) if "$ref" in part}
    return own.union(*(_parts(inner) for inner in node.values()))


def _closed_schemas(components):
    """Forbids members that are not described; a part of a schema knows only its own."""
    parts = _parts(components)
    schemas = {
        name: schema if name in parts and "additionalProperties" not in schema else _closed(schema)
        for name, schema in components["schemas"].items()
    }
    for schema in schemas.values():
        if len(schema.get("allOf", ())) > 1:
            schema["unevaluatedProperties"] = False
    return {**_closed(components), "schemas": schemas}


def _closed(node):
    """Forbids members that are not described, in every object that describes its members."""
    if isinstance(node, list):
        return [_closed(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    node = {name: _closed(inner) for name, inner in node.items()}
    is_open = "additionalProperties" in node or "allOf" in node
    if node.get("type") == "object" and isinstance(node.get("properties"), dict) and not is_open:
        node["additionalProperties"] = False
    return node


def _part(text):
    return text.replace("~", "~0").replace("/", "~1")


class Judge:
    """Listens to one client."""

    def __init__(self, document):
        self.document = {**document, "components": _closed_schemas(document["components"])}
        resource = DRAFT202012.create_resource(self.document)
        self.registry = Registry().with_resource(DOCUMENT, resource)
        self.operations = {
            operation["operationId"]: (method, path, operation)
            for path, item in document["paths"].items()
            for method, operation in item.items()
            if method in METHODS
        }
        self.succeeded = set()

    def _resolve(self, node, place):
        """A node of the document and its place, references followed."""
        while "$ref" in node:
            place = node["$ref"]
            node = self.document
            for part in place.split("/")[1:]:
                node = node[part.replace("~1", "/").replace("~0", "~")]
        return node, place

    def parameters(self, name):
        """What an operation takes beside its body: name to place."""
        method, path, operation = self.operations[name]
        found = [self._resolve(one, "")[0] for one in operation.get("parameters", [])]
        return {one["name"]: one["in"] for one in found}

    def answer(self, name, method, url, status, media, headers, body):
        """Fails where the document does not allow this answer; `body` is None for a stream."""
        verb, path, operation = self.operations[name]
        pattern = re.sub(r"\\\{[a-z_]+\\\}", "[^/]+", re.escape(path))
        sent_to = unquote(urlsplit(url).path)
        assert method.lower() == verb and re.fullmatch(pattern, sent_to), f"{name}: {method} {url}"
        what = f"{name} → {status} {media}"
        place = f"#/paths/{_part(path)}/{verb}/responses/{status}"
        assert str(status) in operation["responses"], f"{what}: this status is not documented {body}"
        described, place = self._resolve(operation["responses"][str(status)], place)
        assert headers.get("x-request-id"), f"{what}: no request id"
        for header, about in described.get("headers", {}).items():
            about = self._resolve(about, "")[0]
            assert not about.get("required") or header in headers, f"{what}: no header {header}"
        content = described.get("content")
        if not content:
            assert not media and not body, f"{what}: a body where none is documented"
        else:
            assert media in content, f"{what}: this media type is not documented"
            if media.endswith("json"):
                self._fits(json.loads(body), f"{place}/content/{_part(media)}/schema", what)
        if status < 300:
            self.succeeded.add(name)

    def _fits(self, value, place, what):
        schema = {"$ref": DOCUMENT + place}
        validator = Draft202012Validator(
            schema, registry=self.registry, format_checker=FormatChecker()
        )
        faults = [f"{fault.json_path}: {fault.message}" for fault in validator.iter_errors(value)]
        assert not faults, f"{what}: {faults[:5]}"

    def everything(self):
        """Fails where an operation has not been answered with success."""
        missed = sorted(set(self.operations) - self.succeeded)
        assert not missed, f"never called with success: {missed}"
        return f"{len(self.operations)} operations"
