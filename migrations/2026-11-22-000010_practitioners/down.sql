SET LOCAL ROLE pj_owner;
DROP FUNCTION IF EXISTS sec.overview;
ALTER TABLE pj.accounts
    DROP COLUMN licence_number,
    DROP COLUMN licence_jurisdiction,
    DROP COLUMN licence_verified_at;
RESET ROLE;
