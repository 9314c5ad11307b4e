"""`GET /participants/{id}/file`: everything that is kept of one person, as data (GDPR article 20) or as a document (article 15)."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from gateway.asking import begun
from gateway.doors import FILE
from gateway.file.document import POLICY, document
from gateway.file.joined import joined
from gateway.inquiry import Gateway

_NAMES = {"en": "file", "nl": "dossier"}
"""What the file is called where it is saved: whoever sees the name learns nothing."""


def participant_file(gateway: Gateway) -> HTTPRouteHandler:
    """Make the route. The nodes decide who may have the file, and record who had it."""

    @get("/participants/{id:uuid}/file", opt=FILE)
    async def file(id: FromPath[UUID], request: Request[Any, Any, Any]) -> Response[bytes]:  # noqa: A002
        inquiry = begun(gateway, request)
        inquiry.spend()
        made = await joined(inquiry, id)
        if request.accept.best_match([MediaType.JSON.value, MediaType.HTML.value]) != MediaType.HTML.value:
            saved = _saved("attachment", inquiry.language, made.made_at, "json")
            return Response(msgspec.json.encode(made), media_type=MediaType.JSON, headers=saved)
        names = {slug: one.name for slug, one in gateway.organisations().items()}
        page = document(made, inquiry.language, names).encode()
        told = {"content-security-policy": POLICY, "content-language": inquiry.language}
        return Response(
            page, media_type=MediaType.HTML, headers=told | _saved("inline", inquiry.language, made.made_at, "html")
        )

    return file


def _saved(how: str, language: str, made: datetime, kind: str) -> dict[str, str]:
    name = f"{_NAMES[language]}-{made:%Y-%m-%d}.{kind}"
    return {"content-disposition": f'{how}; filename="{name}"', "vary": "accept, accept-language, authorization"}
