from django.urls import path

from victims.views import victims

app_name = "victims"

urlpatterns = [
    path("", victims.victim_list, name="victim-list"),
    path("new/", victims.victim_new, name="victim-new"),
    path("<uuid:pk>/", victims.victim_detail, name="victim-detail"),
    path("<uuid:pk>/edit/", victims.victim_edit, name="victim-edit"),
]
