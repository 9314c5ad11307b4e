"""Areas by the codes of Statistics Netherlands (CBS): municipality GM + 4, district WK + 6, neighbourhood BU + 8 positions."""

import re

_NEIGHBOURHOOD = re.compile(r"BU(\w{4})(\w{2})\w{2}")
_DISTRICT = re.compile(r"WK(\w{4})\w{2}")


def around(area: str) -> tuple[str, ...]:
    """Give the area and all that contain it, smallest first. An own work area stands alone."""
    if found := _NEIGHBOURHOOD.fullmatch(area):
        municipality, district = found.groups()
        return (area, f"WK{municipality}{district}", f"GM{municipality}")
    if found := _DISTRICT.fullmatch(area):
        return (area, f"GM{found[1]}")
    return (area,)
