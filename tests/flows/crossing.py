"""What was heard outside the account of who said it, and what may be."""

from collections.abc import Iterator

from shared.grants import matches
from shared.register import SERVICES
from tests.flows.pairs import SLUGS, Heard, Said, Tried, User, World


def receivers(world: World, one: Tried, user: User) -> Iterator[tuple[str, str]]:
    """The organisation and the user that hear it when this user says something that is let through."""
    match one.reaches:
        case "partners":
            others = world.register.partners(user.organisation)
        case "everybody":
            others = SLUGS
        case _:
            return
    yield from ((slug, f"{slug}.{service}") for slug in others for service in SERVICES)


def crossings(world: World) -> set[Heard]:
    """All that may be heard outside the account of who said it, beside answers; and that must be."""
    found: set[Heard] = set()
    for user in world.users.values():
        for one in (one for one in user.mine if one.reaches):
            if one.reaches == "gateway":
                for subject in user.all(one.say):
                    found.add(Heard("gateway", f"orgs.{user.organisation}.{subject}", Said(user.name, subject)))
            for slug, receiver in receivers(world, one, user):
                service = receiver.partition(".")[2]
                for pattern in (pattern for pattern in one.say if pattern.endswith(f".{service}")):
                    said = Said(user.name, pattern.format(victim=slug))
                    found.add(Heard(receiver, one.heard.format(own=user.organisation).replace("*", service), said))
    return found


def at_home(world: World, heard: Heard) -> bool:
    """Whether it was said in the account where it was heard, or answers what was asked from there.

    Public events are at home with the organisation's integrator too.
    """
    listener, said = world.users[heard.by], world.users[heard.said.answers or heard.said.by]
    if listener.organisation != said.organisation:
        return False
    if {"integrator"} == listener.kinds - said.kinds:
        return matches("events.public.>", heard.said.subject)
    return True


def crossed(world: World) -> set[Heard]:
    """All that was heard outside the account of who said it, or of who asked for it; the server's own answers say nobody's name."""
    all_heard = (heard for user in world.users.values() for heard in user.heard if heard.said.by in world.users)
    return {heard for heard in all_heard if not at_home(world, heard)}


def hint_of_asker(world: World, heard: Heard) -> bool:
    """A hint to the gateway in the name of the organisation from which it was asked for, or said."""
    asker = world.users[heard.said.answers or heard.said.by]
    return heard.by == "gateway" and heard.subject.startswith(f"orgs.{asker.organisation}.changed.")
