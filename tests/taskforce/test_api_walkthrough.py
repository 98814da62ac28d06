"""The walk-through works as pasted, and the reference leaves no operation out."""

from __future__ import annotations

import base64
import re
import shlex
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from agencies import actions, jobs
from agencies.models import Agency, User
from agencies.permissions import Role
from agencies.visibility import Level
from intel.matching import engine
from intel.models import Disclosure, HitNotice, Lead
from tests import factories
from tests.factories import hits, person
from tests.leaks.world import settle

DOCS = Path(settings.BASE_DIR) / "docs"
SITE = "https://taskforce.example"


class Shell:
    """Enough of a shell for the walk-through: `curl …`, and `NAME=$(curl … | jq -r .path)`."""

    def __init__(self, **variables: str) -> None:
        self.variables = {"SITE": SITE, **variables}

    def run(self, command: str) -> Any:
        parsed = re.fullmatch(r"(?:(\w+)=\$\()?curl (.*?)(?: \| jq -r (\S+)\))?", command.strip(), re.DOTALL)
        assert parsed, command
        name, arguments, path = parsed.groups()
        answer = self._curl([self._filled(word) for word in shlex.split(arguments)])
        assert answer.status_code < 300, (command, answer.content)
        if name:
            self.variables[name] = str(jq(answer.json(), path))
        return answer

    def _filled(self, word: str) -> str:
        return re.sub(r"\$([A-Z_]+)", lambda found: self.variables[found[1]], word)

    def _curl(self, words: list[str]) -> Any:
        headers, data, method, url, rest = {}, [], "", "", iter(words)
        for word in rest:
            if word == "-H":
                header, _, value = next(rest).partition(": ")
                headers[header] = value
            elif word == "-d":
                data.append(next(rest))
            elif word == "-X":
                method = next(rest)
            elif word == "-u":
                headers["Authorization"] = basic(next(rest))
            elif word != "-s":
                url = word
        kind = headers.pop("Content-Type", "application/x-www-form-urlencoded")
        assert url.startswith(SITE)
        path = url.removeprefix(SITE)
        method = method or ("POST" if data else "GET")
        return Client().generic(method, path, "&".join(data), content_type=kind, headers=headers)


def basic(credentials: str) -> str:
    return "Basic " + base64.b64encode(credentials.encode()).decode()


def jq(value: Any, path: str) -> Any:
    """`.results[0].id` of a JSON value."""
    for name, index in re.findall(r"\.(\w+)|\[(-?\d+)\]", path):
        value = value[name] if name else value[int(index)]
    return value


def sections() -> dict[str, list[str]]:
    """The commands of the walk-through, by heading."""
    text = (DOCS / "how-tos/pull-over-the-api.md").read_text()
    found = {}
    for section in text.split("\n## ")[1:]:
        blocks = "\n".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
        found[section.partition("\n")[0]] = re.split(r"\n(?=curl |\w+=\$\()", blocks.strip())
    return found


@pytest.mark.django_db(transaction=True)
def test_the_walk_through_works_as_pasted(
    alice: User, anna: User, bob: User, eastport: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "ring", lambda job: False)
    client, secret = actions.issue_api_client(
        name="Case system", by=person("Eve", eastport, Role.AGENCY_ADMINISTRATOR)
    )
    shared = factories.lead(alice, "Bus stop")
    actions.share(shared, agency=eastport, level=Level.VIEW, reason="joint work", by=alice)
    theirs = factories.lead(anna, "Kept quiet", phone="+1 404 555 0134")
    shell = Shell(CLIENT_ID=client.client_id, CLIENT_SECRET=secret)

    def match_the_new_lead() -> None:
        engine.match(theirs.pk)
        engine.match(uuid.UUID(shell.variables["LEAD"]))

    def let_northland_ask() -> None:
        mine = factories.lead(bob, phone="+1 404 555 0199")
        notice = hits.notice_of(anna.agency, hits.link(factories.lead(alice, phone="+1 404 555 0199"), mine))
        hits.ask(notice, anna)

    meanwhile: dict[str, Callable[[], None]] = {
        "Follow a hit": match_the_new_lead,
        "Answer a request": let_northland_ask,
    }
    answers = {}
    for heading, commands in sections().items():
        meanwhile.get(heading, lambda: None)()
        settle()
        answers[heading] = [shell.run(command) for command in commands]

    first, _, again = answers["Pull what is shared with you"]
    assert [row["title"] for row in first.json()["results"]] == ["Bus stop"]
    assert again.json()["results"] == []
    assert Lead.objects.get(pk=shell.variables["LEAD"]).narrative.endswith("They are not paid.")
    assert HitNotice.objects.get(pk=shell.variables["HIT"]).state == HitNotice.State.SAME
    asked, answered = Disclosure.objects.order_by("created_at")
    assert (asked.holder, asked.state) == (theirs.agency, Disclosure.State.ASKED)
    assert (answered.holder, answered.state) == (eastport, Disclosure.State.CONTACT_ONLY)


def test_the_reference_names_every_operation() -> None:
    text = (DOCS / "reference/api.md").read_text()
    document = SchemaGenerator().get_schema(request=None, public=True)
    named = set(re.findall(r"`(GET|POST|PUT) (/api/v1/\S+)`", text)) - {("POST", "/api/v1/token/")}
    assert named == {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
