from django.urls import path

from agencies.views import account, agreements, audit, desk, releases, room, sharing, sharing_many

app_name = "agencies"

urlpatterns = [
    path("", desk.desk, name="desk"),
    path("account/locked/", account.locked, name="locked"),
    path("account/lock/", account.lock, name="lock"),
    path("account/unlock/", account.unlock, name="unlock"),
    path("account/alive/", account.alive, name="alive"),
    path("account/places/", account.places, name="places"),
    path("account/places/end/", account.end_other_places, name="places-end"),
    path("account/places/<int:pk>/end/", account.end_place, name="place-end"),
    path("sharing/<str:label>/<uuid:pk>/", sharing.who_sees, name="who-sees"),
    path("sharing/<str:label>/<uuid:pk>/share/", sharing.share, name="share"),
    path("sharing/<str:label>/<uuid:pk>/revoke/<uuid:agency_pk>/", sharing.revoke, name="revoke"),
    path("sharing/<str:label>/<uuid:pk>/people/", sharing.restrict, name="restrict"),
    path("sharing/<str:label>/<uuid:pk>/pass-on/", releases.pass_on, name="pass-on"),
    path("sharing/<str:label>/many/", sharing_many.share_many, name="share-many"),
    path("releases/", releases.releases, name="releases"),
    path("releases/<uuid:pk>/", releases.release, name="release"),
    path("desk/releases/", releases.desk, name="desk-releases"),
    path("sharing/<str:label>/<uuid:pk>/why/", sharing.why, name="why"),
    path("history/<str:label>/<uuid:pk>/", audit.history, name="history"),
    path("agency/", room.agency, name="room"),
    path("agency/partners/", room.partners, name="room-partners"),
    path("agency/agreements/", agreements.agreements, name="room-agreements"),
    path("agency/agreements/<uuid:pk>/answer/", agreements.answer, name="agreement-answer"),
    path("agency/agreements/<uuid:pk>/end/", agreements.end, name="agreement-end"),
    path("agency/people/", room.people, name="room-people"),
    path("agency/people/<uuid:pk>/close/", room.dismiss, name="person-dismiss"),
    path("agency/people/<uuid:pk>/open/", room.reinstate, name="person-reinstate"),
    path("agency/people/<uuid:pk>/release/", room.release, name="person-release"),
    path("agency/people/<uuid:pk>/reset-factor/", room.reset_factor, name="person-reset-factor"),
    path("agency/clients/", room.clients, name="room-clients"),
    path("agency/clients/<uuid:pk>/withdraw/", room.withdraw_client, name="client-withdraw"),
    path("agency/audit/", audit.explorer, name="room-audit"),
    path("agency/audit/record/", audit.of_record, name="audit-record"),
    path("agency/audit/person/", audit.of_person, name="audit-person"),
    path("agency/audit/left/", audit.left, name="audit-left"),
    path("agency/audit/export/", audit.export, name="audit-export"),
]
