import os

from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskforce.settings")

application = get_wsgi_application()

from victims.checks import check_key_ring  # noqa: E402 - only now are the settings read

for problem in check_key_ring():
    raise ImproperlyConfigured(problem.msg)
