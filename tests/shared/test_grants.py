"""Where a webhook may be."""

import pytest

from shared.grants import check_webhook
from shared.rules import Refused


@pytest.mark.parametrize(
    "url",
    [
        "https://agenda.example.nl",
        "https://agenda.example.nl:8443/kring/events?of=humanitas",
        "https://[2001:db8::1]/kring",
        "http://127.0.0.1:8000/",
        "http://localhost",
    ],
)
def test_a_webhook_is_an_https_address_or_one_on_this_machine(url: str) -> None:
    check_webhook(url)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://agenda.example.nl/", "webhook-insecure"),
        ("http://127.0.0.1.example.nl/", "webhook-insecure"),
        ("http://localhost.example.nl", "webhook-insecure"),
        ("https://ann:secret@agenda.example.nl/", "webhook-credentials"),
        ("https://token@agenda.example.nl", "webhook-credentials"),
        ("http://127.0.0.1@example.nl/", "webhook-credentials"),
        ("ftp://agenda.example.nl", "webhook-invalid"),
        ("agenda.example.nl", "webhook-invalid"),
        ("https://", "webhook-invalid"),
        ("https://agenda.example.nl:65536/", "webhook-invalid"),
        ("https://agenda.example.nl/#part", "webhook-invalid"),
        ("https://agenda.example.nl/a b", "webhook-invalid"),
        ("https://agenda.example.nl/\n", "webhook-invalid"),
        ("https://agénda.example.nl/", "webhook-invalid"),
        ("https://agenda.example.nl/" + "x" * 1000, "webhook-invalid"),
        ("", "webhook-invalid"),
    ],
)
def test_any_other_address_is_refused(url: str, code: str) -> None:
    with pytest.raises(Refused, match=code):
        check_webhook(url)
