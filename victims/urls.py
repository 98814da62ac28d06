from django.urls import path

from victims.views import emergencies, identities, victims

app_name = "victims"

urlpatterns = [
    path("", victims.victim_list, name="victim-list"),
    path("new/", victims.victim_new, name="victim-new"),
    path("identities/", identities.identity_list, name="identity-list"),
    path("identities/<uuid:pk>/", identities.identity, name="identity"),
    path("identities/<uuid:pk>/look/", identities.look, name="identity-look"),
    path("identities/<uuid:pk>/edit/", identities.edit, name="identity-edit"),
    path("identities/<uuid:pk>/people/", identities.people, name="identity-people"),
    path("identities/<uuid:pk>/take/", identities.take, name="identity-take"),
    path("identities/<uuid:pk>/erase/", identities.erase, name="identity-erase"),
    path("identities/<uuid:pk>/emergency/", emergencies.ask, name="emergency-ask"),
    path("emergencies/<uuid:pk>/", emergencies.emergency, name="emergency"),
    path("notices/<uuid:pk>/read/", emergencies.notice_read, name="notice-read"),
    path("desk/identities/", emergencies.desk, name="desk-identities"),
    path("<uuid:pk>/", victims.victim_detail, name="victim-detail"),
    path("<uuid:pk>/edit/", victims.victim_edit, name="victim-edit"),
    path("<uuid:pk>/identify/", identities.identify, name="identify"),
]
