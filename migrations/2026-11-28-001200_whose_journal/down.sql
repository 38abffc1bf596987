SET LOCAL ROLE pj_owner;
DROP TRIGGER note_profile ON pj.accounts;
DROP FUNCTION sec.note_profile;
DROP FUNCTION IF EXISTS sec.shown_name(uuid), sec.shown_year_of_birth(uuid), sec.own_reference(uuid),
    sec.has_reference(uuid), sec.keep_reference(uuid, text, timestamptz);
GRANT SELECT ON pj.shares TO pj_app;
ALTER TABLE pj.shares
    DROP COLUMN show_name,
    DROP COLUMN show_year_of_birth,
    DROP COLUMN reference;
RESET ROLE;
