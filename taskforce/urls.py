"""Includes only: each app under its noun, the REST API under /api/v1/."""

from django.urls import include, path
from django.views.generic import RedirectView

from taskforce import views

urlpatterns = [
    path("health/", views.health, name="health"),
    path("theme/", views.set_theme, name="theme"),
    path("components/", views.catalogue, name="components"),
    path("components/<slug:screen>/", views.catalogue, name="components-screen"),
    # Addresses are given by the agency's administrator, never changed by the person.
    path("account/email/", RedirectView.as_view(pattern_name="agencies:desk")),
    path("account/second-factor/", include("allauth.mfa.urls")),
    path("account/", include("allauth.account.urls")),
    path("api/v1/", include("taskforce.api")),
    path("cases/", include("cases.urls")),
    path("victims/", include("victims.urls")),
    path("", include("agencies.urls")),
    path("", include("intel.urls")),
]
