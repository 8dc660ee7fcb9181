"""Text files as their publishers have them, whatever an editor, a browser or a transfer made of their form.

Line ends (CRLF, CR), a byte-order mark, UTF-16, a last line end more or less and, of JSON, indentation are
form. What is the published file but for these is that file, and its checksum says so.
"""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import json
from collections.abc import Iterator

MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte-order marks and what follows them."""


def plain(content: bytes) -> bytes:
    """The text in UTF-8, without a byte-order mark, its lines ended by LF alone.

    What is no text of the encoding that its mark names stays as it is.
    """
    for mark, encoding in MARKS:
        if content.startswith(mark):
            with contextlib.suppress(UnicodeDecodeError):
                content = content[len(mark) :].decode(encoding).encode()
            break
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def as_published(content: bytes, sha256: str) -> bytes:
    """The form of a text that has the published checksum; `plain` of it where none has."""
    for form in _forms(content):
        if hashlib.sha256(form).hexdigest() == sha256:
            return form
    return plain(content)


def _forms(content: bytes) -> Iterator[bytes]:
    yield content
    text = plain(content)
    yield text
    yield text.rstrip(b"\n")
    yield text.rstrip(b"\n") + b"\n"
    if text.lstrip()[:1] in (b"{", b"["):
        with contextlib.suppress(ValueError, RecursionError):
            yield json.dumps(json.loads(text)).encode()  # how Python writes it, as the publishers did
