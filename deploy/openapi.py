"""The services' OpenAPI documents, made from their routes: `python -m deploy.openapi docs/openapi` writes them anew."""

import sys
from importlib import import_module
from pathlib import Path

import msgspec

from shared.http import application, declared
from shared.openapi import document as described
from shared.register import SERVICES


def document(service: str) -> str:
    """One service's document, as its nodes show it at /v1/openapi.json."""
    schema = described(application(import_module(f"services.{service}.main").SERVICE), declared)
    return msgspec.json.format(msgspec.json.encode(schema, order="deterministic")).decode() + "\n"


if __name__ == "__main__":
    for name in SERVICES:
        Path(sys.argv[1], f"{name}.json").write_text(document(name))
