"""Which refusals a service's code can raise, and what its catalogues say of them."""

import re
import tomllib

from shared.sentences import COMMON, LANGUAGES, Sentences
from shared.service import Service

_RAISED = re.compile(r'(?:Refused|NotFound)\(\s*"([a-z-]+)"|\("[A-Za-z]+", "([a-z-]+)", \{')
_PARAMETER = re.compile(r"\{(\w+)\}")


def raised(service: Service) -> set[str]:
    """Every code in the service's source."""
    found = (
        match for file in service.words.parent.rglob("*.py") for match in _RAISED.finditer(file.read_text("utf-8"))
    )
    return {match[1] or match[2] for match in found}


def without_sentence(service: Service) -> set[str]:
    """Codes that some language has no sentence for, and sentences that nothing raises."""
    own = [Sentences(service.words).codes(language) for language in LANGUAGES]
    known = [Sentences(COMMON, service.words).codes(language) for language in LANGUAGES]
    codes = raised(service)
    return {code for language in known for code in codes - language} | {
        code for language in own for code in language - codes
    }


def unlike(service: Service) -> set[str]:
    """Codes whose sentences do not show the same in every language."""
    texts = [tomllib.loads((service.words / f"{language}.toml").read_text("utf-8")) for language in LANGUAGES]
    shown = [{code: set(_PARAMETER.findall(text)) for code, text in one.items()} for one in texts]
    return {code for one in shown for code in one if any(other.get(code) != one[code] for other in shown)}
