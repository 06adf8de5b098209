"""The reference: an OpenAPI document for each dialect, and one page for people that lists what they serve.

Both are made when they are first asked for, and kept. They are public.
"""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from typing import Final

import msgspec

from dealflow.dialects.pipedrive.openapi import APIS as PIPEDRIVE
from dealflow.dialects.sell.openapi import API as SELL
from dealflow.openapi import Api, Json, document
from dealflow.server.calls import Answer
from dealflow.server.reference_page import STYLE, page

PAGE: Final = "/docs"
DOCUMENTS: Final[Mapping[str, Api]] = {f"/openapi/{api.name}.json": api for api in (*PIPEDRIVE, SELL)}
KEPT: Final = (b"Cache-Control", b"public, max-age=300")


def answer(path: str) -> Answer | None:
    """The page or document at a path; None if there is none."""
    if path == PAGE:
        return Answer(200, page_text(), _page_headers())
    return Answer(200, document_text(path), (KEPT,)) if path in DOCUMENTS else None


@cache
def document_text(path: str) -> bytes:
    """A document as it is served and checked in."""
    return msgspec.json.format(msgspec.json.encode(_document(path)), indent=1) + b"\n"


@cache
def page_text() -> bytes:
    """The page as it is served."""
    return page({path: _document(path) for path in DOCUMENTS}).encode()


@cache
def _document(path: str) -> Json:
    return document(DOCUMENTS[path])


@cache
def _page_headers() -> tuple[tuple[bytes, bytes], ...]:
    style = base64.b64encode(hashlib.sha256(STYLE.encode()).digest())
    policy = b"default-src 'none'; style-src 'sha256-%b'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return (
        (b"Content-Type", b"text/html; charset=utf-8"),
        (b"Content-Security-Policy", policy % style),
        (b"Referrer-Policy", b"no-referrer"),
        KEPT,
    )
