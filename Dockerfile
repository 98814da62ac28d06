# The web, worker and beat image of docker-compose.yml: runtime packages only, from the lock file, as an ordinary user.
FROM python:3.11-slim-bookworm AS packages
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /opt/taskforce
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-default-groups --no-cache

FROM python:3.11-slim-bookworm
RUN groupadd --system --gid 10001 taskforce \
    && useradd --system --uid 10001 --gid taskforce --no-create-home --home-dir /nonexistent taskforce \
    && install --directory --owner=taskforce --group=taskforce --mode=0700 /data /data/static
WORKDIR /opt/taskforce
COPY --from=packages /opt/taskforce/.venv .venv
COPY . .
ENV PATH="/opt/taskforce/.venv/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    MALLOC_ARENA_MAX=2 \
    DJANGO_SETTINGS_MODULE=taskforce.settings \
    TASKFORCE_HOME=/data
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen(r.Request('http://127.0.0.1:8000/health/', headers={'X-Forwarded-Proto': 'https'}), timeout=4)"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm", \
     "taskforce.wsgi"]
