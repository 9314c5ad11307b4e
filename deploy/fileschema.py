"""The JSON Schema of a participant's file, made from the contracts: `python -m deploy.fileschema > docs/participant-file.json`."""

import sys

import msgspec

from shared.contracts.file import FORMAT, ParticipantFile


def document() -> str:
    """The schema (JSON Schema 2020-12) of what the gateway answers at `/participants/{id}/file`."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:{FORMAT}"}
    made = schema | msgspec.json.schema(ParticipantFile)
    return msgspec.json.format(msgspec.json.encode(made)).decode() + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
