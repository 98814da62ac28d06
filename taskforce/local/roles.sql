-- Run at every start by the superuser, so that a half-made first start heals itself.
-- The owner makes tables and test databases; the app owns nothing and row-level security always binds it. What has to
-- look across agencies (matching, verbs that checked first) puts on the system's role, which nobody can sign in as.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET password_encryption = 'scram-sha-256';

SELECT format('CREATE ROLE %I', name) FROM unnest(ARRAY['taskforce_owner', 'taskforce_app', 'taskforce_system']) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE taskforce_owner LOGIN CREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'owner_password';
ALTER ROLE taskforce_app LOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'app_password';
ALTER ROLE taskforce_system NOLOGIN NOCREATEDB NOSUPERUSER NOCREATEROLE NOREPLICATION BYPASSRLS;
-- SET without INHERIT: whoever puts on a role has its rights alone, and nobody has them without putting it on.
GRANT taskforce_app TO taskforce_owner WITH INHERIT FALSE, SET TRUE;
GRANT taskforce_system TO taskforce_owner, taskforce_app WITH INHERIT FALSE, SET TRUE;

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gin;
ALTER DEFAULT PRIVILEGES FOR ROLE taskforce_owner IN SCHEMA public
  GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO taskforce_app, taskforce_system;
ALTER DEFAULT PRIVILEGES FOR ROLE taskforce_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES
  TO taskforce_app, taskforce_system;

-- The database is a copy of template1, as test databases are: all have the extensions and privileges above.
SELECT 'CREATE DATABASE taskforce OWNER taskforce_owner'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'taskforce') \gexec
REVOKE ALL ON DATABASE taskforce FROM PUBLIC;
GRANT CONNECT ON DATABASE taskforce TO taskforce_app;
