"""Every operation of the product on one row, and what the oracle must be asked about it.

The paths are those of the URLconf. A route that stands in none of these tables fails the matrix: whoever adds one says
here what it needs. What a table does not name (the other method of a route) must answer as for a row that never was.
"""

from __future__ import annotations

from tests.leaks.oracle import OWN, SUMMARY, VIEW, Rule

_LEAD, _CASE, _HIT = "/leads/<uuid:pk>/", "/cases/<uuid:pk>/", "/hits/<uuid:pk>/"
_PROTECTED, _RUN, _WEIGHTS = (
    "/linking/protected/<uuid:pk>/",
    "/linking/<uuid:pk>/",
    "/linking/weights/<uuid:pk>/",
)
_PERSON, _CLIENT = "/agency/people/<uuid:pk>/", "/agency/clients/<uuid:pk>/"
_AGREEMENT = "/agency/agreements/<uuid:pk>/"
_ALARM, _CANARY, _PURGE = (
    "/agency/alarms/<uuid:pk>/",
    "/agency/canaries/<uuid:pk>/",
    "/agency/purges/<uuid:pk>/",
)
_RULE = "/agency/rules/<uuid:pk>/"
_IDENTITY, _EMERGENCY = "/victims/identities/<uuid:pk>/", "/victims/emergencies/<uuid:pk>/"
_REVIEW = "/reviews/<str:label>/<uuid:pk>/"
_ON, _API = "/sharing/<str:label>/<uuid:pk>/", "/api/v1"

_LEADS = {
    f"get {_LEAD}": Rule("lead", SUMMARY),
    f"get {_LEAD}edit/": Rule("lead", OWN, ("log",)),
    f"post {_LEAD}edit/": Rule("lead", OWN, ("log",)),
    f"post {_LEAD}triage/": Rule("lead", OWN, ("triage",), writes=True),
    f"post /desk{_LEAD}": Rule("lead", OWN, ("triage",), writes=True),
    f"get {_LEAD}subjects/": Rule("lead", VIEW),
    f"get {_LEAD}cases/": Rule("lead", VIEW),
    f"post {_LEAD}cases/": Rule("lead", VIEW, ("open", "work", "share"), "owns", writes=True),
    f"get {_LEAD}matching/": Rule("lead", OWN),
    f"get {_LEAD}hits/": Rule("lead", VIEW),
    f"get {_LEAD}origins/": Rule("lead", VIEW),
    f"post {_LEAD}origins/mark/": Rule("lead", VIEW, ("judge",), writes=None),
    "get /subjects/<uuid:pk>/": Rule("subject", VIEW),
    "get /subjects/<uuid:pk>/group/": Rule("subject", VIEW),
    "get /subjects/<uuid:pk>/hits/": Rule("subject", VIEW),
    "post /leads/drafts/<uuid:pk>/drop/": Rule("draft", OWN, writes=True),
}
_CASES = {
    f"get {_CASE}": Rule("case", SUMMARY),
    **{f"get {_CASE}{part}/": Rule("case", VIEW)
       for part in ("agencies", "tasks", "notes", "leads", "subjects", "hits", "tracks")},
    f"get {_CASE}edit/": Rule("case", VIEW, ("work",), "owns"),
    f"post {_CASE}edit/": Rule("case", VIEW, ("work",), "owns"),
    f"get {_CASE}move/": Rule("case", VIEW, ("assign",), "owns"),
    f"post {_CASE}move/": Rule("case", VIEW, ("assign",), "owns", writes=True),
    f"get {_CASE}assign/": Rule("case", VIEW, ("assign",), "owns"),
    f"post {_CASE}assign/": Rule("case", VIEW, ("assign",), "owns", writes=True),
    f"post {_CASE}tasks/": Rule("case", VIEW, ("work",), "contributes", writes=True),
    f"post {_CASE}notes/": Rule("case", VIEW, ("work",), "contributes", writes=True),
    f"post {_CASE}leads/attach/": Rule("case", VIEW, ("work",), "contributes", writes=None),
    f"post {_CASE}leads/detach/": Rule("case", VIEW, ("work",), "contributes", writes=None),
    f"post {_CASE}subjects/add/": Rule("case", VIEW, ("work",), "contributes", writes=None),
    f"post {_CASE}subjects/drop/": Rule("case", VIEW, ("work",), "contributes", writes=None),
    "post /cases/tasks/<uuid:pk>/move/": Rule("task", VIEW, ("work",), "sees-its-case works-its-case", writes=True),
    **{f"{method} /cases/assignments/<uuid:pk>/withdraw/":
       Rule("assignment", VIEW, ("assign",), "sees-its-case owns-its-case of-partner not-closed", writes=method == "post")
       for method in ("get", "post")},
    **{f"{method} /cases/assignments/<uuid:pk>/staff/":
       Rule("assignment", VIEW, ("assign",), "sees-its-case own not-closed", writes=None)
       for method in ("get", "post")},
    "get /victims/<uuid:pk>/": Rule("victim", VIEW),
    "get /victims/<uuid:pk>/edit/": Rule("victim", VIEW, ("register",)),
    "post /victims/<uuid:pk>/edit/": Rule("victim", VIEW, ("register",), writes=None),
}  # fmt: skip
_KEEPS = "own works-its-case takes-part"
_TRACK, _OFFENCE, _ASKED = (
    "/cases/tracks/<uuid:pk>/",
    "/cases/offences/<uuid:pk>/",
    "/cases/requests/<uuid:pk>/",
)
_TRACKS = {
    f"get {_CASE}tracks/new/": Rule("case", VIEW, ("work",), "contributes takes-part-itself"),
    f"post {_CASE}tracks/new/": Rule("case", VIEW, ("work",), "contributes takes-part-itself", writes=True),
    f"get {_TRACK}": Rule("track", VIEW, (), "sees-its-case"),
    **{f"get {_TRACK}{part}/": Rule("track", VIEW, ("work",), _KEEPS) for part in ("edit", "move", "offences", "requests")},
    f"post {_TRACK}edit/": Rule("track", VIEW, ("work",), _KEEPS, writes=None),
    **{f"post {_TRACK}{part}/": Rule("track", VIEW, ("work",), _KEEPS, writes=True)
       for part in ("move", "offences", "requests")},
    f"post {_TRACK}take/": Rule("track", VIEW, ("work",), "sees-its-case works-its-case takes-part", writes=None),
    **{f"{method} {_TRACK}propose/": Rule("track", VIEW, ("assign",), "works-its-case takes-part", writes=None)
       for method in ("get", "post")},
    f"get {_OFFENCE}edit/": Rule("offence", VIEW, ("work",), _KEEPS),
    f"post {_OFFENCE}edit/": Rule("offence", VIEW, ("work",), _KEEPS, writes=None),
    f"post {_OFFENCE}drop/": Rule("offence", VIEW, ("work",), _KEEPS, writes=True),
    **{f"get {_ASKED}{part}/": Rule("cooperation", VIEW, ("work",), _KEEPS) for part in ("edit", "move")},
    f"post {_ASKED}edit/": Rule("cooperation", VIEW, ("work",), _KEEPS, writes=None),
    f"post {_ASKED}move/": Rule("cooperation", VIEW, ("work",), _KEEPS, writes=True),
    "post /cases/lead/<uuid:pk>/answer/": Rule("proposal", VIEW, ("assign",), "works-its-case takes-part", writes=None),
    f"get {_API}/tracks/<uuid:pk>/": Rule("track", VIEW),
}  # fmt: skip
_OPERATION, _CONFLICT, _SITE = (
    "/cases/operations/<uuid:pk>/",
    "/cases/conflicts/<uuid:pk>/",
    "/cases/sites/<uuid:pk>/",
)
_OPERATIONS = {
    f"get {_CASE}operations/": Rule("case", VIEW),
    f"get {_CASE}operations/plan/": Rule("case", VIEW, ("work",), "contributes"),
    f"post {_CASE}operations/plan/": Rule("case", VIEW, ("work",), "contributes", writes=True),
    f"get {_OPERATION}": Rule("operation", VIEW),
    f"get {_OPERATION}conflicts/": Rule("operation", VIEW),
    f"get {_OPERATION}board/": Rule("operation", VIEW),
    f"post {_OPERATION}board/": Rule("operation", VIEW, ("work",), "contributes", writes=None),
    f"get {_OPERATION}edit/": Rule("operation", VIEW, ("work",), "owns works-its-case"),
    f"post {_OPERATION}edit/": Rule("operation", VIEW, ("work",), "owns works-its-case", writes=None),
    f"post {_OPERATION}move/": Rule("operation", VIEW, ("work",), "owns", writes=True),
    f"get {_OPERATION}give/": Rule("operation", VIEW, ("share",), "owns"),
    f"post {_OPERATION}give/": Rule("operation", VIEW, ("share",), "owns", writes=None),
    f"post {_OPERATION}strike/": Rule("operation", VIEW, ("work",), "contributes", writes=None),
    f"post {_OPERATION}teams/": Rule("operation", VIEW, ("work",), "owns", writes=None),
    f"get {_CONFLICT}": Rule("conflict", VIEW, (), "reads-its-side"),
    f"post {_CONFLICT}": Rule("conflict", VIEW, (), "reads-its-side speaks-for-its-side", writes=True),
    f"get {_SITE}": Rule("site", VIEW),
    f"post {_SITE}": Rule("site", VIEW, (), writes=None),
    f"post {_SITE}remove/": Rule("site", VIEW, (), writes=True),
    "post /cases/desk/watch/<uuid:pk>/": Rule("watch notice", OWN, (), writes=True),
}
_VICTIM, _CONSENT, _SENT, _OFFER = (
    "/victims/<uuid:pk>/",
    "/victims/consents/<uuid:pk>/",
    "/victims/referrals/<uuid:pk>/",
    "/victims/sent-to-us/<uuid:pk>/",
)
_SERVICE = "/victims/services/<uuid:pk>/"
_CARE = {
    f"get {_VICTIM}care/": Rule("victim", VIEW),
    **{
        f"{method} {_VICTIM}{page}/": Rule(
            "victim", OWN, ("refer",), writes=None if method == "post" else False
        )
        for page in ("refer", "consents/new", "danger")
        for method in ("get", "post")
    },
    f"get {_CONSENT}": Rule("consent", OWN),
    f"post {_CONSENT}withdraw/": Rule("consent", OWN, (), "not-closed", writes=True),
    f"post {_CONSENT}noted/": Rule("consent", OWN, writes=None),
    f"get {_SENT}": Rule("referral", OWN),
    f"post {_SENT}revoke/": Rule("referral", OWN, (), "not-closed", writes=True),
    f"get {_OFFER}": Rule("offer", VIEW, (), "receives", writes=None),  # its first look is kept
    f"post {_OFFER}accept/": Rule("offer", VIEW, (), "receives not-closed", writes=True),
    f"post {_OFFER}reject/": Rule("offer", VIEW, (), "receives not-closed", writes=True),
    f"post {_OFFER}finish/": Rule("offer", VIEW, (), "receives closed", writes=None),
    f"post {_OFFER}follow-ups/": Rule("offer", VIEW, (), "receives closed", writes=None),
    "post /victims/follow-ups/<uuid:pk>/done/": Rule("follow-up", VIEW, (), "own", writes=True),
    f"get {_SERVICE}": Rule("service", OWN),
    f"get {_SERVICE}edit/": Rule("service", OWN, ("refer",), "own"),
    f"post {_SERVICE}edit/": Rule("service", OWN, ("refer",), "own"),
    f"post {_SERVICE}places/": Rule("service", OWN, ("refer",), "own", writes=True),
    f"post {_SERVICE}verify/": Rule("service", OWN, ("refer",), writes=True),
    f"post {_SERVICE}withdraw/": Rule("service", OWN, ("refer",), "own", writes=True),
}
_HITS = {
    f"get {_HIT}": Rule("notice", VIEW),
    f"get {_HIT}origins/": Rule("notice", VIEW),
    f"post {_HIT}judge/": Rule("notice", VIEW, ("judge",), writes=True),
    f"post {_HIT}ask/": Rule("notice", VIEW, ("judge",), "open", writes=True),
    f"post {_HIT}undo/": Rule("notice", VIEW, ("judge",), "open", writes=None),
    "post /hits/judged/<uuid:batch>/undo/": Rule("batch", OWN),
    "get /disclosures/<uuid:pk>/": Rule("disclosure", VIEW),
    "post /disclosures/<uuid:pk>/answer/": Rule("disclosure", VIEW, ("answer",), "to-answer", writes=True),
}
_LINKING = {
    f"get {_PROTECTED}": Rule("protected", VIEW),
    f"post {_PROTECTED}": Rule("protected", VIEW, ("protect",), "owns", writes=None),
    f"post {_PROTECTED}ask/": Rule("protected", VIEW, ("protect",), "owns", writes=None),
    f"post {_PROTECTED}remove/": Rule("protected", VIEW, ("protect",), "owns", writes=True),
    f"post {_PROTECTED}restore/": Rule("protected", VIEW, ("protect",), "owns closed", writes=True),
    f"post {_PROTECTED}confirm/": Rule("protected", VIEW, ("confirm",), "to-answer", writes=True),
    f"post {_PROTECTED}withdraw/": Rule("protected", VIEW, ("protect",), writes=None),
    f"get {_RUN}": Rule("run", VIEW),
    f"get {_RUN}changes/": Rule("run", VIEW),
    **{f"post {_RUN}{verb}/": Rule("run", VIEW, (), "closed") for verb in ("pause", "resume", "cancel")},
    f"post {_WEIGHTS}learn/": Rule("task force", VIEW, ("link",), writes=True),
    f"post {_WEIGHTS}on/": Rule("weights", VIEW, ("link",), writes=None),
    f"post {_WEIGHTS}off/": Rule("weights", VIEW, ("link",), writes=None),
}
_ROOM = {
    f"post {_AGREEMENT}answer/": Rule("agreement", OWN, ("manage",), "to-answer", writes=True),
    f"get {_AGREEMENT}end/": Rule("agreement", OWN, ("manage",)),
    f"post {_AGREEMENT}end/": Rule("agreement", OWN, ("manage",), writes=None),
    f"get {_PERSON}close/": Rule("person", OWN, ("manage",)),
    f"post {_PERSON}close/": Rule("person", OWN, ("manage",), "not-closed", writes=True),
    f"post {_PERSON}open/": Rule("person", OWN, ("manage",), "closed", writes=True),
    f"get {_PERSON}unit/": Rule("person", OWN, ("manage",)),
    f"post {_PERSON}unit/": Rule("person", OWN, ("manage",), writes=True),
    f"post {_PERSON}sign-out/": Rule("person", OWN, ("manage",), writes=None),
    f"get {_PERSON}single-sign-on/": Rule("person", OWN, ("manage",), "bound"),
    f"post {_PERSON}single-sign-on/": Rule("person", OWN, ("manage",), "bound", writes=True),
    f"post {_PERSON}release/": Rule("person", OWN, ("manage",), writes=None),
    f"get {_PERSON}reset-factor/": Rule("person", OWN, ("manage",), writes=None),
    f"post {_PERSON}reset-factor/": Rule("person", OWN, ("manage",), writes=None),
    f"post {_CLIENT}rotate/": Rule("client", OWN, ("manage",), writes=None),
    f"get {_CLIENT}withdraw/": Rule("client", OWN, ("manage",), writes=None),
    f"post {_CLIENT}withdraw/": Rule("client", OWN, ("manage",), writes=True),
    f"get {_CLIENT}rotate/": Rule("client", OWN, ("manage",), writes=None),
    "get /releases/<uuid:pk>/": Rule("release", VIEW),
    "post /releases/<uuid:pk>/": Rule("release", VIEW, ("share",), "to-answer", writes=True),
    "get /handovers/<uuid:pk>/": Rule("handover", VIEW, (), "its-record-is-known"),
    "post /handovers/<uuid:pk>/": Rule("handover", VIEW, (), "its-record-is-known to-answer", writes=True),
}
_PROGRAMS = {
    f"get {_API}{_LEAD}": Rule("lead", SUMMARY),
    f"put {_API}{_LEAD}": Rule("lead", VIEW, ("log",), "owns", writes=True),
    f"get {_API}/subjects/<uuid:pk>/": Rule("subject", VIEW),
    f"get {_API}{_CASE}": Rule("case", SUMMARY),
    f"post {_API}{_CASE}tasks/": Rule("case", VIEW, ("work",), "contributes", writes=True),
    f"get {_API}/tasks/<uuid:pk>/": Rule("task", VIEW),
    f"post {_API}/tasks/<uuid:pk>/move/": Rule("task", VIEW, ("work",), "works-its-case", writes=True),
    f"get {_API}/hit-notices/<uuid:pk>/": Rule("notice", VIEW),
    f"post {_API}/hit-notices/<uuid:pk>/judge/": Rule("notice", VIEW, ("judge",), writes=True),
    f"post {_API}/hit-notices/<uuid:pk>/ask/": Rule("notice", VIEW, ("judge",), "open", writes=True),
    f"get {_API}/disclosures/<uuid:pk>/": Rule("disclosure", VIEW),
    f"post {_API}/disclosures/<uuid:pk>/answer/": Rule(
        "disclosure", VIEW, ("answer",), "to-answer", writes=True
    ),
}
_WATCH = {
    f"get {_ALARM}": Rule("alarm", OWN, (), "not-by-oneself"),
    f"post {_ALARM}": Rule("alarm", OWN, (), "not-by-oneself not-closed", writes=True),
    f"get {_CANARY}": Rule("canary", OWN),
    f"post {_CANARY}": Rule("canary", OWN, ("restrict",), "not-closed", writes=True),
    f"get {_RULE}": Rule("rule", OWN),
    f"get {_RULE}end/": Rule("rule", OWN),
    f"post {_RULE}end/": Rule("rule", OWN, ("rules",), "not-closed", writes=True),
    f"post {_RULE}take-over/": Rule("rule", OWN, ("rules",), writes=None),
    f"get {_PURGE}": Rule("certificate", OWN),
    f"get {_PURGE}file/": Rule("certificate", OWN, (), "signed"),
    "post /desk/purged/<uuid:pk>/": Rule("purge notice", OWN, (), "not-closed", writes=True),
}
_IDENTITIES = {
    "get /victims/<uuid:pk>/identify/": Rule("victim", VIEW, ("register",)),
    "post /victims/<uuid:pk>/identify/": Rule("victim", VIEW, ("register",), writes=None),
    f"get {_IDENTITY}": Rule("identity", SUMMARY),
    f"post {_IDENTITY}look/": Rule("identity", SUMMARY, (), "holds-it"),
    f"get {_IDENTITY}edit/": Rule("identity", SUMMARY, (), "keeps-it"),
    f"post {_IDENTITY}edit/": Rule("identity", SUMMARY, (), "keeps-it", writes=True),
    f"get {_IDENTITY}people/": Rule("identity", SUMMARY, (), "keeps-it"),
    f"post {_IDENTITY}people/": Rule("identity", SUMMARY, (), "keeps-it", writes=True),
    f"post {_IDENTITY}take/": Rule("identity", SUMMARY, (), "holds-it", writes=None),
    f"get {_IDENTITY}erase/": Rule("identity", SUMMARY, (), "keeps-it"),
    f"post {_IDENTITY}erase/": Rule("identity", SUMMARY, (), "keeps-it", writes=True),
    f"get {_IDENTITY}emergency/": Rule("identity", SUMMARY, ("emergency",), "no-holder not-asked"),
    f"post {_IDENTITY}emergency/": Rule(
        "identity", SUMMARY, ("emergency",), "no-holder not-asked", writes=True
    ),
    f"get {_EMERGENCY}": Rule("emergency", OWN, (), "not-by-oneself"),
    f"post {_EMERGENCY}": Rule("emergency", OWN, (), "not-by-oneself", writes=True),
    "post /victims/notices/<uuid:pk>/read/": Rule("identity notice", OWN, writes=True),
}
ON_ONE_KIND: dict[str, Rule] = (
    _WATCH
    | _LEADS
    | _CASES
    | _TRACKS
    | _OPERATIONS
    | _CARE
    | _IDENTITIES
    | _HITS
    | _LINKING
    | _ROOM
    | _PROGRAMS
)

# On rows of any kind: the kind of the rule is that of the row.
ON_ANY_KIND: dict[str, Rule] = {
    f"get {_ON}": Rule("*", SUMMARY),
    f"get {_ON}share/": Rule("*", SUMMARY, ("share",), "owns is-shared"),
    f"post {_ON}share/": Rule("*", SUMMARY, ("share",), "owns is-shared", writes=True),
    f"get {_ON}revoke/<uuid:agency_pk>/": Rule("*", OWN, ("share",), "is-shared given-to-E"),
    f"post {_ON}revoke/<uuid:agency_pk>/":
        Rule("*", OWN, ("share",), "is-shared given-to-E not-by-assignment", writes=True),
    f"get {_ON}people/": Rule("*", SUMMARY, ("restrict",), "owns is-restricted"),
    f"post {_ON}people/": Rule("*", SUMMARY, ("restrict",), "owns is-restricted", writes=True),
    f"get {_ON}pass-on/": Rule("*", SUMMARY, ("share",), "foreign holds is-shared"),
    f"post {_ON}pass-on/": Rule("*", SUMMARY, ("share",), "foreign holds is-shared", writes=True),
    f"get {_ON}hand-over/": Rule("*", SUMMARY, ("hand over",), "owns is-restricted"),
    f"post {_ON}hand-over/":
        Rule("*", SUMMARY, ("hand over",), "owns is-restricted may-go", writes=True),
    f"get {_ON}canary/": Rule("*", SUMMARY, ("restrict",), "owns is-restricted"),
    f"post {_ON}canary/":
        Rule("*", SUMMARY, ("restrict",), "owns is-restricted no-canary-of-theirs", writes=True),
    f"get {_ON}purpose/": Rule("*", VIEW, (), "foreign asks"),
    f"post {_ON}purpose/": Rule("*", VIEW, (), "foreign asks", writes=True),
    f"get {_REVIEW}": Rule("*", OWN, ("review",), "is-restricted"),
    f"post {_REVIEW}": Rule("*", OWN, ("review",), "is-restricted not-held", writes=True),
    f"get {_ON}why/": Rule("*", OWN, (), "sees-wholes"),
    "get /history/<str:label>/<uuid:pk>/": Rule("*", VIEW),
}  # fmt: skip

# The row's id stands in the body: of a bulk action, or as something to tie to a case of one's own.
IN_THE_BODY: dict[str, Rule] = {
    "post /leads/bulk/": Rule("lead", OWN, ("triage",), writes=True),
    "post /hits/judge/": Rule("notice", VIEW, ("judge",), writes=True),
    "post /sharing/<str:label>/many/": Rule("*", OWN, ("share",), "is-shared", writes=True),
    "post /reviews/<str:label>/": Rule("*", OWN, ("review",), "not-by-oneself", writes=True),
    f"post {_CASE}leads/attach/ lead": Rule("lead", VIEW, ("work",), writes=True),
    f"post {_CASE}subjects/add/ subject": Rule("subject", VIEW, ("work",), writes=True),
}

# Routes without a row: every one of them is walked as everybody, and what it says is held against the oracle.
WITHOUT_A_ROW = frozenset(
    [
        "/",
        "/health/",
        "/theme/",
        "/components/",
        "/components/<slug:screen>/",
        "/search/",
        "/hits/",
        "/hits/judge/",
        "/disclosures/",
        "/releases/",
        "/handovers/",
        "/leads/",
        "/leads/new/",
        "/leads/chips/",
        "/leads/bulk/",
        "/leads/drafts/save/",
        "/cases/",
        "/cases/new/",
        "/victims/",
        "/victims/new/",
        "/victims/withdraw/",
        "/victims/gaps/",
        "/victims/desk/referrals/",
        "/victims/sent-to-us/",
        "/victims/referrals/",
        "/victims/services/",
        "/victims/services/new/",
        "/victims/identities/",
        "/victims/desk/identities/",
        "/desk/alarms/",
        "/desk/purged/",
        "/desk/reviews/",
        "/reviews/",
        "/reviews/<str:label>/",
        "/desk/hits/",
        "/desk/leads/",
        "/desk/disclosures/",
        "/desk/protected/",
        "/desk/releases/",
        "/desk/handovers/",
        "/desk/agreements/",
        "/cases/desk/tasks/",
        "/cases/desk/clocks/",
        "/cases/desk/conflicts/",
        "/cases/operations/",
        "/cases/operations/day/",
        "/cases/conflicts/",
        "/cases/sites/",
        "/agency/",
        "/agency/partners/",
        "/agency/agreements/",
        "/agency/people/",
        "/agency/rules/",
        "/agency/rules/new/",
        "/desk/rules/",
        "/agency/clients/",
        "/agency/alarms/",
        "/agency/purges/",
        "/agency/years/",
        "/agency/audit/",
        "/agency/audit/record/",
        "/agency/audit/person/",
        "/agency/audit/left/",
        "/agency/audit/export/",
        "/linking/",
        "/linking/start/",
        "/linking/weights/",
        "/linking/protected/",
        "/linking/protected/add/",
        "/sharing/<str:label>/many/",
        "/api/v1/",
        "/api/v1/leads/",
        "/api/v1/subjects/",
        "/api/v1/cases/",
        "/api/v1/tasks/",
        "/api/v1/tracks/",
        "/api/v1/hit-notices/",
        "/api/v1/disclosures/",
        "/api/v1/schema/",
        "/api/v1/docs/",
        "/api/v1/token/",
        "/account/locked/",
        "/account/lock/",
        "/account/unlock/",
        "/account/alive/",
        "/account/places/",
        "/account/places/end/",
        "/account/places/<int:pk>/end/",
        "/account/single-sign-on/",
        "/account/single-sign-on/callback/",
        "/account/single-sign-on/ended/",
        "/account/email/",
        "/account/login/",
        "/account/logout/",
        "/account/inactive/",
        "/account/signup/",
        "/account/reauthenticate/",
        "/account/confirm-email/",
        "/account/confirm-email/<key>/",
        "/account/password/change/",
        "/account/password/set/",
        "/account/password/reset/",
        "/account/password/reset/done/",
        "/account/password/reset/key/done/",
        "/account/password/reset/key/<uidb36>-<key>/",
        "/account/login/code/confirm/",
        "/account/second-factor/",
        "/account/second-factor/authenticate/",
        "/account/second-factor/reauthenticate/",
        "/account/second-factor/totp/activate/",
        "/account/second-factor/totp/deactivate/",
        "/account/second-factor/recovery-codes/",
        "/account/second-factor/recovery-codes/generate/",
        "/account/second-factor/recovery-codes/download/",
        "/account/second-factor/webauthn/",
        "/account/second-factor/webauthn/add/",
        "/account/second-factor/webauthn/reauthenticate/",
        "/account/second-factor/webauthn/login/",
        "/account/second-factor/webauthn/keys/<int:pk>/remove/",
        "/account/second-factor/webauthn/keys/<int:pk>/edit/",
    ]
)
