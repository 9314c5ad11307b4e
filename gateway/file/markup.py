"""HTML, written so that what people typed can never become part of it."""

from html import escape


class Markup(str):
    """Text that is HTML already; any other text is escaped where it is put in."""

    __slots__ = ()


def element(name: str, *within: str, **attributes: str) -> Markup:
    """An element; an attribute of a Python word ends in `_` (`class_`), and `_` within is `-` (`aria_label`)."""
    told = "".join(f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"' for key, value in attributes.items())
    return Markup(f"<{name}{told}>{joined(*within)}</{name}>")


def joined(*parts: str) -> Markup:
    """Parts one after another."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part, quote=False) for part in parts))
