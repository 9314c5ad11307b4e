"""Answers of GraphQL for reading at a terminal."""


def lines(value: object, indent: str = "") -> list[str]:
    """An answer for reading: a line a field, and a line for what has only a few plain fields."""
    if not isinstance(value, dict | list):
        return [f"{indent}{_word(value)}"]
    named = value.items() if isinstance(value, dict) else (("-", one) for one in value)
    shown: list[str] = []
    for name, one in named:
        if _plain(one):
            shown.append(f"{indent}{name} {flat(one)}")
        else:
            shown += [f"{indent}{name}", *lines(one, f"{indent}  ")]
    return shown


def _plain(value: object) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not any(isinstance(one, dict | list) for one in inner)


def flat(value: object) -> str:
    """What has only plain fields, in one line."""
    match value:
        case dict():
            return ", ".join(f"{name} {_word(one)}" for name, one in value.items())
        case list():
            return ", ".join(_word(one) for one in value) or "nothing"
        case _:
            return _word(value)


def _word(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
