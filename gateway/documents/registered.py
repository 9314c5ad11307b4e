"""Trusted documents: questions that are registered here, and that anybody may ask by their hash instead of their text.

The hash is SHA-256 over the text as it stands (`sha256sum` of the file), and is sent as `documentId` with `sha256:` before it
("GraphQL over HTTP", appendix on persisted documents).
"""

import hashlib
from collections.abc import Collection, Iterable
from pathlib import Path

from gateway.portal.pages import questions
from shared.rules import NotFound

_FOLDER = Path(__file__).parent


class Documents:
    """Registered questions. Nothing is ever added while Kring runs."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = {identified(text): text for text in texts}

    def __contains__(self, text: str) -> bool:
        """Whether this very text is registered."""
        return identified(text) in self._texts

    @property
    def texts(self) -> Collection[str]:
        """All of them."""
        return self._texts.values()

    def text(self, document: str) -> str:
        """The question under a `documentId`. Raises `NotFound("document-unknown")`."""
        try:
            return self._texts[document]
        except KeyError:
            raise NotFound("document-unknown", document=document[: len(identified(""))]) from None


def identified(text: str) -> str:
    """A question's `documentId`."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def registered() -> Documents:
    """What is registered: the documents beside this module (for public pages), and what the portal asks."""
    public = (file.read_text("utf-8") for file in sorted(_FOLDER.glob("*.graphql")))
    return Documents([*public, *questions()])
