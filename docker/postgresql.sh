#!/bin/sh
# Run once by the image of PostgreSQL, while its volume is new, as the superuser and over the socket: a role for
# the bot, of the name in ROLE and with POSTGRES_PASSWORD, that is no superuser, and a database that belongs to
# it. The superuser loses that password: it is let in from inside the container alone.
set -eu
export ROLE="${ROLE:-matinee}"
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres <<'SQL'
\getenv role ROLE
\getenv password POSTGRES_PASSWORD
CREATE ROLE :"role" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE ALL ON DATABASE :"role" FROM PUBLIC;
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
