-- Run at every start by the superuser, so that a half-made first start heals itself.
-- The owner makes tables and test databases; the app owns nothing and row-level security always binds it.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET password_encryption = 'scram-sha-256';

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['taskforce_owner', 'taskforce_app']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE taskforce_owner LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE taskforce_app LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';
-- SET without INHERIT: a test may put on the app's role, and then has the app's rights alone.
GRANT taskforce_app TO taskforce_owner WITH INHERIT FALSE, SET TRUE;

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gin;
ALTER DEFAULT PRIVILEGES FOR ROLE taskforce_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO taskforce_app;
ALTER DEFAULT PRIVILEGES FOR ROLE taskforce_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO taskforce_app;

-- The database is a copy of template1, as test databases are: all have the extensions and privileges above.
SELECT 'CREATE DATABASE taskforce OWNER taskforce_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'taskforce') \gexec
REVOKE ALL ON DATABASE taskforce FROM PUBLIC;
GRANT CONNECT ON DATABASE taskforce TO taskforce_app;
