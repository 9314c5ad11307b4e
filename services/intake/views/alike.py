"""What names and ways to reach somebody are compared by."""


def name_key(name: str) -> str:
    """Names are compared without regard to case."""
    return name.casefold()


def contact_key(contact: str) -> str:
    """Numbers and addresses are compared by letters and digits only; a Dutch country code reads as 0."""
    key = "".join(character for character in contact.casefold() if character.isalnum())
    for prefix in ("0031", "31"):
        if key.startswith(prefix) and key.isdigit() and len(key) == len(prefix) + 9:
            return "0" + key.removeprefix(prefix)
    return key
