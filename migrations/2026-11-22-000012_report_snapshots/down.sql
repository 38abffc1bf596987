SET LOCAL ROLE pj_owner;
DROP TABLE pj.report_snapshots;
RESET ROLE;
