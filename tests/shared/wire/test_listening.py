"""Why a port cannot be taken."""

import errno

import pytest

from shared.sentences import COMMON, LANGUAGES, Sentences
from shared.wire.listening import refusal


@pytest.mark.parametrize(("number", "code"), [(errno.EADDRINUSE, "port-busy"), (errno.EACCES, "port-forbidden")])
def test_a_port_that_is_forbidden_is_not_called_in_use(number: int, code: str) -> None:
    refused = refusal(OSError(number, "the system's word"), 80, "KRING_PORT=8081")
    assert refused.code == code
    for language in LANGUAGES:
        said = Sentences(COMMON).say(code, language, refused.parameters)
        assert "80" in said
        assert said.endswith("KRING_PORT=8081")
