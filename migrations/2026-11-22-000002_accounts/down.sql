DROP TABLE pj.mails, pj.signing_keys, pj.devices, pj.registrations, pj.accounts;
