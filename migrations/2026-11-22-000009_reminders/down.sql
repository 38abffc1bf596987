SET LOCAL ROLE pj_owner;
DROP TABLE pj.reminders;
RESET ROLE;
