SET LOCAL ROLE pj_owner;
DROP TABLE pj.questions;
RESET ROLE;
