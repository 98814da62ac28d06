from django.urls import path

from cases.views import assignments, cases, notes, tasks

app_name = "cases"

urlpatterns = [
    path("", cases.case_list, name="case-list"),
    path("new/", cases.case_new, name="case-new"),
    path("desk/tasks/", tasks.desk_tasks, name="desk-tasks"),
    path("tasks/<uuid:pk>/move/", tasks.task_move, name="task-move"),
    path("assignments/<uuid:pk>/withdraw/", assignments.withdraw, name="assignment-withdraw"),
    path("assignments/<uuid:pk>/staff/", assignments.staff, name="assignment-staff"),
    path("<uuid:pk>/", cases.case_detail, name="case-detail"),
    path("<uuid:pk>/edit/", cases.case_edit, name="case-edit"),
    path("<uuid:pk>/move/", cases.case_move, name="case-move"),
    path("<uuid:pk>/assign/", assignments.assign, name="case-assign"),
    path("<uuid:pk>/agencies/", assignments.case_agencies, name="case-agencies"),
    path("<uuid:pk>/tasks/", tasks.case_tasks, name="case-tasks"),
    path("<uuid:pk>/notes/", notes.case_notes, name="case-notes"),
]
