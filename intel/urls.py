from django.urls import path

from intel.views import chips, drafts, lead_cases, lead_form, leads, search, subjects, triage

app_name = "intel"
urlpatterns = [
    path("leads/", leads.lead_list, name="lead-list"),
    path("leads/new/", lead_form.lead_new, name="lead-new"),
    path("leads/chips/", chips.lead_chips, name="lead-chips"),
    path("leads/bulk/", triage.leads_bulk, name="leads-bulk"),
    path("leads/drafts/save/", drafts.draft_save, name="draft-save"),
    path("leads/drafts/<uuid:pk>/drop/", drafts.draft_drop, name="draft-drop"),
    path("leads/<uuid:pk>/", leads.lead_detail, name="lead-detail"),
    path("leads/<uuid:pk>/edit/", lead_form.lead_edit, name="lead-edit"),
    path("leads/<uuid:pk>/triage/", triage.lead_triage, name="lead-triage"),
    path("leads/<uuid:pk>/subjects/", subjects.lead_subjects, name="lead-subjects"),
    path("leads/<uuid:pk>/cases/", lead_cases.lead_cases, name="lead-cases"),
    path("leads/<uuid:pk>/matching/", leads.lead_matching, name="lead-matching"),
    path("subjects/<uuid:pk>/", subjects.subject_detail, name="subject-detail"),
    path("search/", search.search, name="search"),
]
