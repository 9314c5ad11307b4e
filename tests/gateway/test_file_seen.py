"""Whatever can be seen of a person has words in the file that tells who saw it."""

from importlib import import_module

import pytest

from gateway.file.wording import Wording
from shared import showing
from shared.http import application
from shared.register import SERVICES
from shared.sentences import LANGUAGES


def recorded() -> set[str]:
    """Methods and addresses that the access log may name."""
    found = set[str]()
    for service in SERVICES:
        for route in application(import_module(f"services.{service}.main").SERVICE).routes:
            for handler in getattr(route, "route_handlers", ()):
                answer = handler.parsed_fn_signature.return_type.annotation
                for method in handler.http_methods - {"OPTIONS"}:
                    if showing.recorded(method, route.path_format, answer, handler.opt):
                        found.add(f"{method} {route.path_format}")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_of_seeing_somebody_has_words(language: str) -> None:
    words, routes = Wording(language, {}), recorded()
    assert len(routes) > 20
    assert sorted(one for one in routes if words.seen(one) == one) == []
