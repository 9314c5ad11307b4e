"""What graphql-core says of a question, without the values that were sent: they may be about a person, and refusals are kept and shown."""

import re

_VALUES = (
    (re.compile(r"Value '.*' does not exist", re.DOTALL), "This value does not exist"),
    (re.compile(r", found:? .*", re.DOTALL), ""),
    (re.compile(r"(cannot represent [^:]*): .*", re.DOTALL), r"\1"),
    (re.compile(r"(Unexpected (?:Name|String|BlockString|Int|Float)) .*", re.DOTALL), r"\1"),
)
"""Where its messages repeat a value. Names of fields, types and variables stay: they say where to look."""


def unsaid(message: str) -> str:
    """The same message, as it may be told."""
    for pattern, instead in _VALUES:
        message = pattern.sub(instead, message)
    return message
