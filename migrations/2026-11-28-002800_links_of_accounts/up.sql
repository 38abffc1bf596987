-- Who is deleted is looked for here, too.
SET LOCAL ROLE pj_owner;
CREATE INDEX account_links_by_account ON pj.account_links (account_id);
RESET ROLE;
