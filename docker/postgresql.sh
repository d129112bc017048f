#!/bin/sh
# Run once by the image of PostgreSQL, while its volume is new: a role for the bot that is no superuser, and a
# database that belongs to it. Nobody logs in as the superuser over the network afterwards.
set -eu
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set superuser="$POSTGRES_USER" --set password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE matinee LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
CREATE DATABASE matinee OWNER matinee;
REVOKE ALL ON DATABASE matinee FROM PUBLIC;
ALTER ROLE :"superuser" PASSWORD NULL;
SQL
