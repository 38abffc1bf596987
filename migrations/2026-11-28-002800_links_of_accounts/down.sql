SET LOCAL ROLE pj_owner;
DROP INDEX pj.account_links_by_account;
RESET ROLE;
