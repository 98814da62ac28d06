from django.urls import path

from victims import views

app_name = "victims"

urlpatterns = [
    path("", views.victim_list, name="victim-list"),
    path("new/", views.victim_new, name="victim-new"),
    path("<uuid:pk>/", views.victim_detail, name="victim-detail"),
    path("<uuid:pk>/edit/", views.victim_edit, name="victim-edit"),
]
