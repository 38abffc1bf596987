DROP FUNCTION sec.leave_share, sec.redeem_share, sec.operate, sec.enter, sec.open_journal;
DROP TABLE pj.access_events, pj.shares, pj.patients CASCADE;
DROP FUNCTION sec.open_days;
