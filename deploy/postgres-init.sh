#!/bin/sh
# Runs once, in the postgres container, on an empty database: the same roles as on a laptop, with the office's secrets.
set -eu
{
    printf '\\set owner_password %s\n' "$(cat /run/secrets/owner_password)"
    printf '\\set app_password %s\n' "$(cat /run/secrets/app_password)"
    cat /etc/taskforce/roles.sql
} | psql --no-psqlrc --quiet --username "$POSTGRES_USER" --dbname template1
