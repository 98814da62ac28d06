from django.urls import path

from agencies.views import agreements, audit, desk, releases, room, sharing, sharing_many

app_name = "agencies"

urlpatterns = [
    path("", desk.desk, name="desk"),
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
    path("agency/clients/", room.clients, name="room-clients"),
    path("agency/clients/<uuid:pk>/withdraw/", room.withdraw_client, name="client-withdraw"),
    path("agency/audit/", audit.explorer, name="room-audit"),
]
