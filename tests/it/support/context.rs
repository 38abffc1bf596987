//! Contexts of transactions that are made past the server.

use super::{Person, TestApp};
use std::fmt::Display;

/// Makes and seals a context; for a transaction that is not yet within the walls. No share is "".
pub fn context(actor: impl Display, subject: impl Display, share: impl Display) -> String {
    format!("SELECT sec.put_context('{actor}', '{subject}', nullif('{share}', '')::uuid, now())")
}

/// What the server says to enter the own journal of somebody, with the proof that it makes.
pub async fn entering(app: &TestApp, person: &Person) -> String {
    let device = person.tokens["device_id"].as_str().unwrap();
    let proved = format!(
        "SELECT format('SELECT outcome FROM sec.enter(%L, %L, 0, %L, NULL, '''', ''{{}}'', NULL, NULL, %L, false, %L)', \
             account, device, moment, request, sec.prove('enter'::bytea \
             || uuid_send(account) || uuid_send(device) || int8send(0) || timestamptz_send(moment) \
             || uuid_send('00000000-0000-0000-0000-000000000000') || uuid_send(request) \
             || date_send('-infinity') || date_send('infinity') || boolsend(false) || ' '::bytea)) \
         FROM (SELECT '{}'::uuid AS account, '{device}'::uuid AS device, now() AS moment, \
             gen_random_uuid() AS request) asked",
        person.id
    );
    app.sql().await.query_one(&proved, &[]).await.unwrap().get(0)
}
