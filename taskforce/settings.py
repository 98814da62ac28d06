"""All settings, every deployment value from the environment, defaults that are safe.

A value `X` may also come from the file that `X_FILE` names (Docker and systemd secrets).
"""

import json
import os
from pathlib import Path

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str | None = None) -> str:
    """The environment's value, or its file's, or the default; without any of them the app does not start."""
    if path := os.environ.get(f"{name}_FILE"):
        return Path(path).read_text().strip()
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Start with ./run, or set it as docs/how-tos/office.md says."
        )
    return value


def env_list(name: str, default: str) -> list[str]:
    return [item.strip() for item in env(name, default).split(",") if item.strip()]


HOME = Path(env("TASKFORCE_HOME", str(BASE_DIR / "var")))

# --- Safety --------------------------------------------------------------------------------------
SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS", "")  # former keys, while a new one is brought in
DEBUG = env("DEBUG", "0") == "1"
DEMO = env("TASKFORCE_DEMO", "0") == "1"  # shows the demo log-ins and the "historic records" notice
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", "")
HTTPS = env("HTTPS", "0") == "1"
TRUSTED_PROXIES = int(env("TRUSTED_PROXIES", "0"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
# A name that browsers take from this host over TLS alone: no neighbour under the same domain sets it.
COOKIE_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid", f"{COOKIE_PREFIX}csrftoken"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
SECURE_REFERRER_POLICY = "same-origin"
SESSION_HOURS = int(env("SESSION_HOURS", "12"))  # from signing in, however busy
SESSION_COOKIE_AGE = SESSION_HOURS * 60 * 60
IDLE_LOCK_MINUTES = int(env("IDLE_LOCK_MINUTES", "30"))
SESSION_COOKIE_SAMESITE = "Lax"
# What a page says once (a name, a reference) waits with the session, not in a cookie on the officer's disk.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- Applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "agencies",
    "cases",
    "victims",
    "intel",
    "taskforce",
    "guardian",
    "pgtrigger",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "oauth2_provider",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_htmx",
    "template_partials",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "taskforce.middleware.NoStoreMiddleware",
    "taskforce.middleware.KnownMethodsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "taskforce.middleware.SessionLimitsMiddleware",
    "taskforce.middleware.SecondFactorMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "taskforce.middleware.ActingMiddleware",
    "taskforce.middleware.AuditContextMiddleware",
    "taskforce.middleware.OnlySentMiddleware",
    "taskforce.middleware.LooksMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "taskforce.urls"
WSGI_APPLICATION = "taskforce.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "taskforce.context_processors.shell",
            ],
        },
    }
]

# --- Data: one database engine, and a broker that may die -------------------------------------------
# The app connects as a role that owns nothing; migrations use DATABASE_OWNER_URL (see docs/reference/settings.md).
_database = dj_database_url.parse(
    env("DATABASE_URL"), engine="taskforce.postgresql", conn_max_age=60, conn_health_checks=True
)
_options = {**_database.get("OPTIONS", {}), "application_name": "taskforce", "connect_timeout": 5}
DATABASES = {"default": {**_database, "ATOMIC_REQUESTS": True, "OPTIONS": _options}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# In PostgreSQL, not in Redis: when the broker is away, signing in and throttling still work.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}
MEDIA_ROOT = HOME / "media"

CELERY_BROKER_URL = env("REDIS_URL")
CELERY_TASK_DEFAULT_QUEUE = env("TASK_QUEUE", "taskforce")
CELERY_TASK_IGNORE_RESULT = True  # a task's outcome is its job row; results in the broker could only leak
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 10 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 5 * 60
CELERY_TASK_PUBLISH_RETRY = False  # the job row survives; a beat task rings again
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 15 * 60,
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}
CELERY_BEAT_SCHEDULE = {
    "ring-overdue-jobs": {"task": "agencies.tasks.ring_overdue_jobs", "schedule": 5.0},
    "announce-expired-grants": {"task": "agencies.tasks.announce_expired_grants", "schedule": 30.0},
    "forget-idempotent-answers": {"task": "agencies.tasks.forget_idempotent_answers", "schedule": 3600.0},
    "close-unused-accounts": {"task": "agencies.tasks.close_unused_accounts", "schedule": 3600.0},
    "forget-wrong-sign-ins": {"task": "agencies.tasks.forget_wrong_sign_ins", "schedule": 3600.0},
    "forget-expired-tokens": {"task": "agencies.tasks.forget_expired_tokens", "schedule": 3600.0},
    "expire-disclosures": {"task": "intel.tasks.expire_disclosures", "schedule": 30.0},
    "lapse-protections": {"task": "intel.tasks.lapse_outdated_protections", "schedule": 3600.0},
    "purge-lapsed": {"task": "agencies.tasks.purge_lapsed", "schedule": 3600.0},
    "end-outdated-consents": {"task": "victims.tasks.end_outdated_consents", "schedule": 30.0},
    "escalate-referrals": {"task": "victims.tasks.escalate_unanswered", "schedule": 60.0},
    "seal-audit": {"task": "agencies.tasks.seal_audit", "schedule": 60.0},
    "deconflict-all": {"task": "cases.tasks.deconflict_all", "schedule": crontab(hour=2, minute=40)},
    "check-reach": {"task": "intel.tasks.check_reach", "schedule": crontab(hour=3, minute=20)},
    "ring-still-runs": {"task": "intel.tasks.ring_still_runs", "schedule": 10.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(HOME / "celerybeat-schedule")

# --- Signing in ----------------------------------------------------------------------------------
AUTH_USER_MODEL = "agencies.User"
ANONYMOUS_USER_NAME = None  # guardian: nobody is a row
AUTHENTICATION_BACKENDS = [
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_LENGTH = int(env("PASSWORD_LENGTH", "12"))
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_LENGTH},
    },
    {"NAME": "agencies.passwords.StrongPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "agencies:desk"
ACCOUNT_ADAPTER = "taskforce.demo.signin.DemoAwareSignIn"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
# By account, guesses are counted in agencies/lockout.py; by address of the sender here.
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES  # which hop of X-Forwarded-For is the client
LOCKOUT_FAILURES = int(env("LOCKOUT_FAILURES", "5"))
DORMANT_DAYS = int(env("DORMANT_DAYS", "0" if DEMO else "90"))
LOCKOUT_MINUTES = int(env("LOCKOUT_MINUTES", "15"))
# The demo opens without a telephone: its password is public, and a second factor would protect nothing.
REQUIRE_MFA = env("REQUIRE_MFA", "0" if DEMO else "1") == "1"
METHODS_WITH_MFA = ["mfa"]
MFA_ADAPTER = "agencies.second_factor.SecondFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # browsers themselves allow it on localhost alone
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Taskforce"
MFA_TOTP_TOLERANCE = 1  # steps of 30 seconds that a telephone's clock may be off
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by administrators
# Single sign-on with one OpenID Connect issuer; without SSO_ISSUER there is none.
SSO_ISSUER = env("SSO_ISSUER", "")
SSO_NAME = env("SSO_NAME", "") or "single sign-on"  # as the button says: Sign in with …
SSO_CLIENT_ID = env("SSO_CLIENT_ID") if SSO_ISSUER else ""
SSO_CLIENT_SECRET = env("SSO_CLIENT_SECRET", "")
SSO_SCOPES = env_list("SSO_SCOPES", "") or ["openid"]
SSO_SECOND_FACTOR = env_list("SSO_SECOND_FACTOR", "")  # values of acr or amr that stand for a second factor
SSO_ONLY = env("SSO_ONLY", "0") == "1"  # passwords and passkeys of bound people open nothing here
SSO_ROLE_CLAIM = env("SSO_ROLE_CLAIM", "")
SSO_ROLES: dict[str, str] = json.loads(env("SSO_ROLES", "") or "{}")  # value of that claim: role here
SOCIALACCOUNT_ADAPTER = "agencies.issuer.SubjectSignIn"
EMAIL_BACKEND = env("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "taskforce@localhost")

# --- Amounts of reading: what is told as unusual, and what one account may read within an hour (0: no limit) ---
UNUSUAL_READS = int(env("UNUSUAL_READS", "100"))
UNUSUAL_TIMES = float(env("UNUSUAL_TIMES", "5"))
READS_PER_HOUR = int(env("READS_PER_HOUR", "1000"))
CLIENT_READS_PER_HOUR = int(env("CLIENT_READS_PER_HOUR", "10000"))

# --- Partner API -----------------------------------------------------------------------------------
_RFC_9700 = (
    "IMPLICIT_GRANT", "PASSWORD_GRANT", "PKCE_METHOD", "ACCESS_TOKEN_TRANSPORT", "AUTHZ_RESPONSE_ISS", "TOKEN_STORAGE",
    "REFRESH_TOKEN", "REDIRECT_URI_SCHEME",
)  # fmt: skip
API_CLIENT_DAYS = int(env("API_CLIENT_DAYS", "90"))  # credentials end by themselves
API_ROTATION_HOURS = int(env("API_ROTATION_HOURS", "24"))  # how long the old ones work beside the new ones
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "OAUTH2_VALIDATOR_CLASS": "agencies.clients.BoundedClients",
    "SCOPES": {
        "read": "Read what is shared with your agency",
        "write": "Log leads and answer for your agency",
    },
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",  # client credentials and no other grant
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    # The current best practice for OAuth 2.0 (RFC 9700), tokens stored hashed among it.
    **dict.fromkeys((f"COMPLIANT_BCP_RFC9700_{rule}" for rule in _RFC_9700), True),
}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "agencies.signin.ServiceAccountAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["agencies.limits.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "taskforce.api.problem_details",
    "DEFAULT_THROTTLE_CLASSES": ["agencies.limits.ClientThrottle"],
    "NUM_PROXIES": TRUSTED_PROXIES,
    "DEFAULT_THROTTLE_RATES": {"user": env("API_RATE", "600/min")},
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Taskforce API",
    "DESCRIPTION": "Pull what is shared with your agency; push leads; answer disclosure requests.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [],  # choices stay where they are used; names for each would say nothing more
}

# --- Static files, language, logs --------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"taskforce": {"level": "INFO"}, "celery.beat": {"level": "WARNING"}},
}

# --- The audit record: where its signed heads stand, outside the database ------------------------------
AUDIT_SIGNING_KEY_FILE = os.environ.get("AUDIT_SIGNING_KEY_FILE", str(HOME / "secrets" / "audit-key"))
AUDIT_HEADS_FILE = os.environ.get("AUDIT_HEADS_FILE", str(HOME / "audit" / "heads.jsonl"))
AUDIT_TRUSTED_KEYS = env_list("AUDIT_TRUSTED_KEYS", "")  # public keys of earlier signing keys

# --- Review and purge ---------------------------------------------------------------------------------
REVIEW_YEARS_MOST = int(env("REVIEW_YEARS_MOST", "5"))  # 28 CFR 23.20(h); agencies may choose less
REVIEW_WARNING_DAYS = int(env("REVIEW_WARNING_DAYS", "60"))
LIMITATION_WARN_DAYS = int(env("LIMITATION_WARN_DAYS", "90"))  # before a limitation date an alarm is raised

# --- Deconfliction: what comes nearer than that to another's operation or sensitive place is a conflict ----------
DECONFLICTION_MARGIN_M = int(env("DECONFLICTION_MARGIN_M", "500"))  # beyond the two radii
DECONFLICTION_HOURS = int(env("DECONFLICTION_HOURS", "2"))  # before and after
DECONFLICTION_GRID_M = int(env("DECONFLICTION_GRID_M", "500"))  # no answer tells a place more finely
DECONFLICTION_UNUSUAL = int(env("DECONFLICTION_UNUSUAL", "8"))  # places a day and agency that raise an alarm
DECONFLICTION_MOST = int(env("DECONFLICTION_MOST", "30"))  # places a day that an agency may enter or move
OPERATION_RADIUS_M = int(env("OPERATION_RADIUS_M", "300"))  # what the form proposes

# --- Care of victims ----------------------------------------------------------------------------------
CONSENT_DAYS_MOST = int(env("CONSENT_DAYS_MOST", "365"))
DANGER_HOURS_MOST = int(env("DANGER_HOURS_MOST", "72"))  # how long an override of consent may hold
REFERRAL_ANSWER_HOURS = int(env("REFERRAL_ANSWER_HOURS", "24"))  # then the coordinator is told
REFERRAL_URGENT_HOURS = int(env("REFERRAL_URGENT_HOURS", "2"))
WITHDRAWALS_RATE = env("WITHDRAWALS_RATE", "10/m/ip")  # codes typed on the public page
SUPPRESS_BELOW = int(env("SUPPRESS_BELOW", "11"))  # counts of people below this are never shown

# --- Link matching ----------------------------------------------------------------------------------
MATCHING_HOT_KEY_CAP = int(env("MATCHING_HOT_KEY_CAP", "200"))  # a key held by more records links nobody
# While all records are linked anew, each worker process holds as many as this in its memory (0: none, which takes many
# times as long). Unless it is said: what fits into a third of the machine's, with a process for each processor.
_MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
_BYTES_A_RECORD = 2_500
MATCHING_HELD_RECORDS = int(
    env("MATCHING_HELD_RECORDS", "") or _MEMORY // 3 // (os.cpu_count() or 1) // _BYTES_A_RECORD
)
PROTECTED_NAMES_MOST = int(env("PROTECTED_NAMES_MOST", "2000"))  # on one agency's list
PROTECTED_VALUES_MOST = int(env("PROTECTED_VALUES_MOST", "50000"))  # the same for values that are no names

# --- Victims' identities --------------------------------------------------------------------------------
VICTIM_KEY_RING_FILE = os.environ.get("VICTIM_KEY_RING_FILE", str(HOME / "secrets" / "victim-keys"))
IDENTITY_SHOWN_MINUTES = int(env("IDENTITY_SHOWN_MINUTES", "3"))  # then a field hides itself
EMERGENCY_MINUTES = int(
    env("EMERGENCY_MINUTES", "60")
)  # how long a broken glass lets see, and a request waits
# Whoever confirms an emergency has had an account for so many days: an administrator could make two people and be both.
EMERGENCY_SETTLED_DAYS = int(env("EMERGENCY_SETTLED_DAYS", "0" if DEMO else "7"))
IDENTITY_GRANT_DAYS = int(env("IDENTITY_GRANT_DAYS", "180"))  # at most, but for deputies
