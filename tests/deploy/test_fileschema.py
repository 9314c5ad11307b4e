"""The committed schema of a participant's file is what the gateway answers."""

from pathlib import Path

import jsonschema
import msgspec

from deploy.fileschema import document
from shared.contracts.file import FORMAT, ParticipantFile
from tests.gateway.filed import Filled

DOCS = Path("docs")


def test_the_committed_schema_is_todays() -> None:
    committed = (DOCS / "participant-file.json").read_text("utf-8")
    assert committed == document(), "python -m deploy.fileschema > docs/participant-file.json"


def test_a_file_fits_its_schema() -> None:
    validator = jsonschema.Draft202012Validator(msgspec.json.decode(document()))
    file = msgspec.json.decode(msgspec.json.encode(Filled().of(ParticipantFile)))
    validator.validate(file)
    assert not validator.is_valid(file | {"intake": None})


def test_the_paper_names_the_format_and_every_part() -> None:
    paper = (DOCS / "participant-file.md").read_text("utf-8")
    assert f"`{FORMAT}`" in paper
    assert all(name in paper for name in ParticipantFile.__struct_encode_fields__)
