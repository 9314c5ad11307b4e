"""The examples of RFC 5545, section 3.8.5.3, with the dates given there."""

from datetime import date
from itertools import islice

import pytest

from services.events.domain.rule import dates, read

EXAMPLES = [
    ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "970902", "980213 980313 981113 990813 001013"),
    ("FREQ=MONTHLY;BYDAY=1FR", "970905", "970905 971003 971107 971205 980102 980206"),
    ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1SU,-1SU", "970907", "970907 970928 971102 971130 980104 980125 980301 980329"),
    ("FREQ=MONTHLY;BYDAY=-2MO", "970922", "970922 971020 971117 971222 980119 980216"),
    ("FREQ=MONTHLY;BYMONTHDAY=-3", "970928", "970928 971029 971128 971229 980129 980226"),
    ("FREQ=MONTHLY;BYMONTHDAY=1,-1", "970930", "970930 971001 971031 971101 971130 971201 971231"),
    ("FREQ=YEARLY;BYMONTH=6,7", "970610", "970610 970710 980610 980710"),
    ("FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2,3", "970310", "970310 990110 990210 990310"),
    ("FREQ=YEARLY;BYDAY=20MO", "970519", "970519 980518 990517"),
    ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "970313", "970313 970320 970327 980305"),
    ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "961105", "961105 001107 041102"),
    ("FREQ=MONTHLY;BYDAY=TU,WE,TH;BYSETPOS=3", "970904", "970904 971007 971106"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "970929", "970929 971030 971127 971230 980129 980226 980330"),
    ("FREQ=WEEKLY", "970902", "970902 970909 970916 970923 970930 971007"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=MO", "970805", "970805 970810 970819 970824"),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU", "970805", "970805 970817 970819 970831"),
    ("FREQ=DAILY;BYMONTH=1", "980101", "980101 980102"),
    ("FREQ=MONTHLY;BYMONTHDAY=15,30", "070115", "070115 070130 070215 070315 070330"),
]


@pytest.mark.parametrize(("rule", "start", "expected"), EXAMPLES, ids=[rule for rule, _, _ in EXAMPLES])
def test_the_rule_gives_the_dates_that_the_standard_says(rule: str, start: str, expected: str) -> None:
    begin = _day(start)
    wanted = [_day(day) for day in expected.split()]
    assert list(islice(dates(read(rule), begin, begin, date(2010, 1, 1)), len(wanted))) == wanted


def _day(text: str) -> date:
    year = int(text[:2])
    return date(1900 + year if year > 50 else 2000 + year, int(text[2:4]), int(text[4:]))
