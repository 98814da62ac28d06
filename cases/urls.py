from django.urls import path

from cases.views import assignments, cases, lead, notes, tasks, track_parts, tracks

app_name = "cases"

urlpatterns = [
    path("", cases.case_list, name="case-list"),
    path("new/", cases.case_new, name="case-new"),
    path("desk/tasks/", tasks.desk_tasks, name="desk-tasks"),
    path("tasks/<uuid:pk>/move/", tasks.task_move, name="task-move"),
    path("assignments/<uuid:pk>/withdraw/", assignments.withdraw, name="assignment-withdraw"),
    path("assignments/<uuid:pk>/staff/", assignments.staff, name="assignment-staff"),
    path("desk/clocks/", tracks.desk_clocks, name="desk-clocks"),
    path("tracks/<uuid:pk>/", tracks.track_detail, name="track"),
    path("tracks/<uuid:pk>/edit/", tracks.track_edit, name="track-edit"),
    path("tracks/<uuid:pk>/move/", tracks.track_move, name="track-move"),
    path("tracks/<uuid:pk>/take/", tracks.track_take, name="track-take"),
    path("tracks/<uuid:pk>/offences/", track_parts.offence_new, name="offence-new"),
    path("tracks/<uuid:pk>/requests/", track_parts.request_new, name="request-new"),
    path("tracks/<uuid:pk>/propose/", lead.propose, name="lead-propose"),
    path("offences/<uuid:pk>/edit/", track_parts.offence_edit, name="offence-edit"),
    path("offences/<uuid:pk>/drop/", track_parts.offence_drop, name="offence-drop"),
    path("requests/<uuid:pk>/edit/", track_parts.request_edit, name="request-edit"),
    path("requests/<uuid:pk>/move/", track_parts.request_move, name="request-move"),
    path("lead/<uuid:pk>/answer/", lead.answer, name="lead-answer"),
    path("<uuid:pk>/", cases.case_detail, name="case-detail"),
    path("<uuid:pk>/edit/", cases.case_edit, name="case-edit"),
    path("<uuid:pk>/move/", cases.case_move, name="case-move"),
    path("<uuid:pk>/assign/", assignments.assign, name="case-assign"),
    path("<uuid:pk>/agencies/", assignments.case_agencies, name="case-agencies"),
    path("<uuid:pk>/tasks/", tasks.case_tasks, name="case-tasks"),
    path("<uuid:pk>/tracks/", tracks.case_tracks, name="case-tracks"),
    path("<uuid:pk>/tracks/new/", tracks.track_new, name="track-new"),
    path("<uuid:pk>/notes/", notes.case_notes, name="case-notes"),
]
