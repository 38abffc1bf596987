SET LOCAL ROLE pj_owner;
CREATE TABLE pj.questions (LIKE pj.records INCLUDING ALL,
    journal_date          date NOT NULL,
    text                  text NOT NULL,
    treatment_session_id  uuid,
    answered_on           date,
    note                  text,
    note_shared           boolean
);
SELECT sec.install_collection('questions', '{goals}');
RESET ROLE;
