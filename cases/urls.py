from django.urls import path

from cases.views import action_day, assignments, cases, conflicts, notes, operations, sites, tasks

app_name = "cases"

urlpatterns = [
    path("", cases.case_list, name="case-list"),
    path("new/", cases.case_new, name="case-new"),
    path("operations/", operations.operation_list, name="operation-list"),
    path("operations/day/", action_day.day, name="operation-day"),
    path("operations/<uuid:pk>/", operations.operation_detail, name="operation-detail"),
    path("operations/<uuid:pk>/edit/", operations.operation_edit, name="operation-edit"),
    path("operations/<uuid:pk>/move/", operations.operation_move, name="operation-move"),
    path("operations/<uuid:pk>/give/", operations.operation_give, name="operation-give"),
    path("operations/<uuid:pk>/conflicts/", operations.operation_conflicts, name="operation-conflicts"),
    path("operations/<uuid:pk>/board/", action_day.board, name="operation-board"),
    path("operations/<uuid:pk>/strike/", action_day.strike, name="operation-strike"),
    path("operations/<uuid:pk>/teams/", action_day.teams, name="operation-teams"),
    path("conflicts/", conflicts.conflict_list, name="conflict-list"),
    path("conflicts/<uuid:pk>/", conflicts.conflict_detail, name="conflict-detail"),
    path("desk/conflicts/", conflicts.desk_conflicts, name="desk-conflicts"),
    path("desk/watch/<uuid:pk>/", conflicts.watch_seen, name="watch-seen"),
    path("sites/", sites.site_list, name="site-list"),
    path("sites/<uuid:pk>/", sites.site_detail, name="site-detail"),
    path("sites/<uuid:pk>/remove/", sites.site_remove, name="site-remove"),
    path("<uuid:pk>/operations/", operations.case_operations, name="case-operations"),
    path("<uuid:pk>/operations/plan/", operations.operation_plan, name="operation-plan"),
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
