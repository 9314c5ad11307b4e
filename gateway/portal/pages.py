"""The start page for trying Kring out: the referral story, each step run with one press. Not there in production."""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler

from gateway.doors import OPEN

_FOLDER = Path(__file__).parent
_FILES = {"/": "start.html", **{f"/portal/{name}": name for name in ("start.css", "start.js", "icon.svg")}}
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class DemoTokens(msgspec.Struct, frozen=True):
    """A made-up organisation and a token for each role that the story plays."""

    organisation: str
    name: str
    tokens: Mapping[str, str]


class _Step(msgspec.Struct):
    query: str


class _Story(msgspec.Struct):
    step: list[_Step]


def story() -> Mapping[str, object]:
    """The story that the page plays (`story.toml`): its made-up things, and its steps with their GraphQL documents."""
    return tomllib.loads((_FOLDER / "story.toml").read_text("utf-8"))


def questions() -> list[str]:
    """The GraphQL documents that the portal asks, as it sends them."""
    return [step.query for step in msgspec.convert(story(), _Story).step]


def pages(tokens: Callable[[], list[DemoTokens]]) -> list[HTTPRouteHandler]:
    """Make the page's routes; `tokens` makes demo tokens, none where the network is not made up."""

    @get("/portal/story.json", media_type=MediaType.JSON, sync_to_thread=False, opt=OPEN)
    def story_json() -> bytes:
        return msgspec.json.encode(story())

    @get("/demo/tokens", media_type=MediaType.JSON, sync_to_thread=False, opt=OPEN)
    def demo_tokens() -> Response[bytes]:
        return Response(msgspec.json.encode(tokens()), headers={"cache-control": "no-store"})

    return [*(_file(path, _FOLDER / name) for path, name in _FILES.items()), story_json, demo_tokens]


def _file(path: str, file: Path) -> HTTPRouteHandler:
    @get(path, media_type=_TYPES[file.suffix], sync_to_thread=False, opt=OPEN)
    def page() -> bytes:
        return file.read_bytes()

    return page
