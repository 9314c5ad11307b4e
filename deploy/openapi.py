"""The services' OpenAPI documents, made from their routes: `python -m deploy.openapi docs/openapi` writes them anew."""

import sys
from importlib import import_module
from pathlib import Path

import msgspec

from shared.http import application
from shared.register import SERVICES


def document(service: str) -> str:
    """One service's document, as its nodes show it at /v1/openapi.json."""
    schema = application(import_module(f"services.{service}.main").SERVICE).openapi_schema.to_schema()
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic")).decode() + "\n"


if __name__ == "__main__":
    for name in SERVICES:
        Path(sys.argv[1], f"{name}.json").write_text(document(name))
