SET LOCAL ROLE pj_owner;
DROP TABLE pj.report_jobs;
DROP TABLE pj.report_snapshots;
DROP FUNCTION sec.opens_all, sec.forget_report_jobs;
RESET ROLE;
