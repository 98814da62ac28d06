from django.urls import path

from agencies.views import account, audit, desk, room, sharing

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
    path("history/<str:label>/<uuid:pk>/", audit.history, name="history"),
    path("agency/", room.agency, name="room"),
    path("agency/partners/", room.partners, name="room-partners"),
    path("agency/people/", room.people, name="room-people"),
    path("agency/people/<uuid:pk>/close/", room.dismiss, name="person-dismiss"),
    path("agency/people/<uuid:pk>/open/", room.reinstate, name="person-reinstate"),
    path("agency/people/<uuid:pk>/release/", room.release, name="person-release"),
    path("agency/people/<uuid:pk>/reset-factor/", room.reset_factor, name="person-reset-factor"),
    path("agency/clients/", room.clients, name="room-clients"),
    path("agency/clients/<uuid:pk>/rotate/", room.rotate_client, name="client-rotate"),
    path("agency/clients/<uuid:pk>/withdraw/", room.withdraw_client, name="client-withdraw"),
    path("agency/audit/", audit.explorer, name="room-audit"),
]
