"""Letters that no honest node sends: refused, counted, said in the log, and shown to a person for a day.

Two of the codes an honest partner meets as well: while one side knows newer keys than the other. They call for a person only when
they stay.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import msgspec
import structlog

from shared.metrics import Meter

Keys = Callable[[], Mapping[str, object]]
"""By organisation, what the register here says of its keys now."""

ALARMING = frozenset({"malformed", "too-large", "sender-unknown", "not-here", "signature"})
"""Codes that call for a person: garbage, another's name, another's route, altered. What else is refused passes by itself."""
DATED = frozenset({"sender-unknown", "signature"})
"""Of these, what may also come from two registers of which one is older."""
CATCHES_UP = timedelta(minutes=1)
"""After so long an older register is no passing matter: a process looks every second (`shared.watcher`), and what was refused is tried
again within 15 seconds (`LONGEST_PAUSE`). On another machine a person brings it: the finding says so."""
_QUIET = timedelta(minutes=10)
"""Between two lines in the log about one organisation's letters with one code."""
_SHOWN = timedelta(days=1)
_log = structlog.get_logger()


class Alarm(msgspec.Struct, frozen=True):
    """What one organisation's account at the broker sent that was refused with one code, since this node was started.

    Of the codes in `DATED`: since the organisation got other keys.
    """

    organisation: str
    code: str
    count: int
    at: datetime
    """Of the last one."""
    since: datetime
    """Of the first one; of the first after a day of silence."""

    def stays(self, now: datetime) -> bool:
        """Whether it calls for a person: a register that is brought up to date does not explain it."""
        return self.code not in DATED or now - self.since >= CATCHES_UP


class Refusals:
    """One node's."""

    def __init__(self, node: str, clock: Callable[[], datetime], meter: Meter, keys: Keys) -> None:
        self._node = node
        self._clock = clock
        self._meter = meter
        self._now_known = keys
        self._known = keys()
        self._renewed: dict[str, datetime] = {}
        self._alarms: dict[tuple[str, str], Alarm] = {}
        self._said: dict[tuple[str, str, bool], datetime] = {}

    def note(self, organisation: str, code: str) -> None:
        """Letters from an organisation's account were refused so."""
        if code not in ALARMING:
            return
        self._meter.letters_refused(code)
        now = self._clock()
        renewed = self._renewed.get(organisation)
        if code in DATED and renewed is not None and now - renewed < CATCHES_UP:
            self._say(organisation, code, now, stays=False)
            return
        alarm = self._alarms[organisation, code] = self._after(organisation, code, now)
        self._say(organisation, code, now, stays=alarm.stays(now))

    def register_changed(self) -> None:
        """Look who has other keys now: what they were refused for before may have been only that."""
        before, self._known = self._known, self._now_known()
        renewed = {slug for slug, keys in self._known.items() if before.get(slug) != keys}
        self._renewed |= dict.fromkeys(renewed, self._clock())
        for slug in renewed:
            for code in DATED:
                self._alarms.pop((slug, code), None)

    def lately(self) -> list[Alarm]:
        """Whose were refused within a day, and call for a person."""
        now = self._clock()
        return [one for one in self._alarms.values() if now - one.at < _SHOWN and one.stays(now)]

    def _after(self, organisation: str, code: str, now: datetime) -> Alarm:
        """The alarm, with one more."""
        before = self._alarms.get((organisation, code))
        if before is None:
            return Alarm(organisation, code, 1, now, now)
        since = before.since if now - before.at < _SHOWN else now
        return msgspec.structs.replace(before, count=before.count + 1, at=now, since=since)

    def _say(self, organisation: str, code: str, now: datetime, *, stays: bool) -> None:
        said = self._said.get((organisation, code, stays))
        if said is None or now - said >= _QUIET:
            self._said[organisation, code, stays] = now
            say = _log.warning if stays else _log.info
            say("letters were refused", node=self._node, sender=organisation, code=code)
