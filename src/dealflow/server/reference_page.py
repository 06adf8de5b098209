"""The reference as one HTML page, made of OpenAPI documents. It needs nothing from elsewhere and runs no script."""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Final

from dealflow.openapi import Json
from dealflow.wire import INT64

STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h2 { margin-top: 3rem; } h3 { margin: 2rem 0 .5rem; }
code { font: 13px/1.5 ui-monospace, monospace; }
details { border-top: 1px solid #8884; padding: .3rem 0; }
summary { cursor: pointer; }
.method { display: inline-block; width: 5em; font-weight: bold; }
.does { color: #777; margin-left: 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1rem 1rem; }
th, td { text-align: left; vertical-align: top; padding: .15rem 1.5rem .15rem 0; }
th { font-weight: normal; color: #777; }
@media (prefers-color-scheme: dark) { body { background: #181a1b; color: #ddd; } a { color: #8ab4f8; } }
"""


def page(documents: Mapping[str, Json]) -> str:
    """The page; `documents` by the paths they are served at."""
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>dealflow: reference</title>\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>dealflow: reference</h1>\n",
            "<ul>\n",
            *(
                f'<li><a href="#{_anchor(each)}">{escape(each["info"]["title"])}</a></li>\n'
                for each in documents.values()
            ),
            "</ul>\n",
            *(part for path, each in documents.items() for part in _dialect(path, each)),
            "</body>\n</html>\n",
        )
    )


def _anchor(document: Json, name: str = "") -> str:
    words = f"{document['info']['title']} {name}".split()
    return escape("-".join(word.strip(",") for word in words))


def _dialect(path: str, document: Json) -> Iterator[str]:
    info = document["info"]
    prefixes = " or ".join(_code(each["url"]) for each in document["servers"])
    yield f'<h2 id="{_anchor(document)}">{escape(info["title"])}</h2>\n{_description(info)}'
    yield f'<p>Paths begin with {prefixes}. As OpenAPI: <a href="{escape(path)}">{escape(path)}</a>.</p>\n'
    ways = document["components"]["securitySchemes"].values()
    yield f"<p>Each request signs in, in one of these ways: {'; '.join(map(_way, ways))}.</p>\n"
    for tag, found in groupby(_operations(document), key=lambda each: each[2]["tags"][0]):
        yield f"<h3>{escape(tag)}</h3>\n"
        yield from (_operation(document, *each) for each in found)
    yield "<h3>Types</h3>\n"
    for name, schema in document["components"]["schemas"].items():
        yield _type(document, name, schema)


def _way(scheme: Json) -> str:
    """A way to sign in, in words."""
    if scheme["type"] == "apiKey":
        return f"{_code(scheme['name'])} in the {escape(scheme['in'])}"
    return f"{_code('Authorization: ' + scheme['scheme'].capitalize() + ' …')}"


def _operations(document: Json) -> list[tuple[str, str, Json]]:
    """Path, method and operation, by tag in the order of the tags."""
    order = {each["name"]: i for i, each in enumerate(document["tags"])}
    found = [
        (path, method.upper(), operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return sorted(found, key=lambda each: order[each[2]["tags"][0]])


def _operation(document: Json, path: str, method: str, operation: Json) -> str:
    facts = [
        *([("Cost", _tokens(operation["x-cost"]))] if operation["x-cost"] else []),
        ("Scopes", "one of " + ", ".join(map(_code, operation["x-scopes"])) if operation["x-scopes"] else "none"),
        ("Contract", f"section {escape(operation['x-section'])}"),
    ]
    if operation.get("x-admin"):
        facts.append(("Who", "admins"))
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]
        schema = next(iter(content.values()))["schema"]
        facts.append(("Body", f"{_kind(document, schema)}, as {' or '.join(map(_code, content))}"))
    for status, response in operation["responses"].items():
        if "content" in response:
            (content,) = response["content"].values()
            facts.append(("Success", f"{status}: {_kind(document, content['schema'])}"))
        elif "$ref" not in response:
            facts.append(("Success", f"{status}: nothing"))
    refused = [status for status, response in operation["responses"].items() if "$ref" in response]
    facts.append(("Refusals", ", ".join(refused)))
    return (
        f'<details id="{_anchor(document, operation["operationId"])}"><summary><code><span class="method">{method}'
        f'</span>{escape(path)}</code><span class="does">{escape(operation["summary"])}</span></summary>\n'
        f"{_description(operation)}{_rows(facts)}{_parameters(document, operation)}</details>\n"
    )


def _parameters(document: Json, operation: Json) -> str:
    rows = [
        (
            _code(each["name"]),
            each["in"] + (", required" if each["required"] else ""),
            _kind(document, each["schema"]),
            _default(each["schema"]),
        )
        for each in operation["parameters"]
    ]
    return _table(("Parameter", "in", "type", "default"), rows) if rows else ""


def _type(document: Json, name: str, schema: Json) -> str:
    required = schema.get("required", ())
    rows = [
        (_code(each), "" if each in required else "optional", _kind(document, kind), _default(kind))
        for each, kind in schema.get("properties", {}).items()
    ]
    return (
        f'<details id="{_anchor(document, name)}"><summary><code>{escape(name)}</code></summary>\n'
        f"{_description(schema)}{_table(('Attribute', '', 'type', 'default'), rows)}</details>\n"
    )


def _default(schema: Json) -> str:
    value = schema.get("default")
    return "" if value in (None, "") else _code(str(value).lower() if isinstance(value, bool) else str(value))


def _kind(document: Json, schema: Json) -> str:
    """A schema in a few words, as HTML."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{_anchor(document, name)}"><code>{escape(name)}</code></a>'
    if "anyOf" in schema:
        return " or ".join(_kind(document, each) for each in schema["anyOf"])
    if "const" in schema:
        return _code(str(schema["const"]).lower())
    if "enum" in schema:
        return " or ".join(_code(str(each)) for each in schema["enum"])
    kinds = schema.get("type", "anything")
    if kinds == "array":
        return f"list of {_kind(document, schema.get('items', {}))}"
    if kinds == "object":
        return _object(document, schema)
    told = f". {escape(schema['description'])}" if "description" in schema else ""
    return (kinds if isinstance(kinds, str) else " or ".join(kinds)) + _bounds(schema) + told


def _object(document: Json, schema: Json) -> str:
    if "properties" in schema:
        parts = (f"{_code(name)}: {_kind(document, each)}" for name, each in schema["properties"].items())
        return f"{{ {', '.join(parts)} }}"
    values = schema.get("additionalProperties")
    return f"object of {_kind(document, values)}" if isinstance(values, dict) else "object"


def _bounds(schema: Json) -> str:
    """What a number or text is held to, without the bounds of all whole numbers."""
    least, most = schema.get("minimum"), schema.get("maximum")
    words = [
        f" from {least}" if least not in (None, -INT64) else "",
        f" to {most}" if most not in (None, INT64) else "",
        f" of at most {schema['maxLength']} characters" if "maxLength" in schema else "",
        f" ({schema['format']})" if "format" in schema else "",
    ]
    return escape("".join(words))


def _tokens(cost: int) -> str:
    return "1 token" if cost == 1 else f"{cost} tokens"


def _description(described: Json) -> str:
    """What something is, `words` between backticks as code."""
    text = re.sub("`([^`]*)`", r"<code>\1</code>", escape(described.get("description", "")))
    return f"<p>{text}</p>\n" if text else ""


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _rows(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<tr><th>{name}</th><td>{value}</td></tr>\n" for name, value in facts)
    return f"<table>\n{rows}</table>\n"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{each}</th>" for each in heads)
    body = "".join("<tr>" + "".join(f"<td>{each}</td>" for each in row) + "</tr>\n" for row in rows)
    return f"<table>\n<tr>{head}</tr>\n{body}</table>\n"
