"""Who is told the numbers of a whole organisation."""

from pathlib import Path

from shared.identity import Issuer, Role
from tests.services.intake.served_intake import humanitas
from tests.support.registers import PARTIES
from tests.support.served import NOON


async def test_numbers_of_all_teams_together_are_not_for_who_works_in_one_but_for_the_privacy_officer(
    tmp_path: Path,
) -> None:
    issuer = Issuer("humanitas", PARTIES["humanitas"], production=False)
    async with humanitas(tmp_path) as node:
        for roles, team, status in (
            ([Role.COORDINATOR], "noord", 409),
            ([Role.COORDINATOR, Role.PRIVACY_OFFICER], "noord", 200),
            ([Role.COORDINATOR], None, 200),
        ):
            token = issuer.token(roles, user="ann", now=NOON, team=team)
            answer = await node.http.get("/v1/counts", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == status
            assert (answer.json().get("code") == "counts-of-all-teams") is (status == 409)
