//! The tables and functions that diesel's query builder writes statements with, as the migrations leave
//! them. A test holds the tables against the catalogue.

use diesel::sql_types::{Binary, Nullable, Text, Uuid};

/// Whose transaction it is. Of one without a context they are NULL, so that no row is equal to them.
#[diesel::declare_sql_function]
extern "SQL" {
    /// The account that acts.
    #[sql_name = "sec.actor"]
    fn actor() -> Uuid;
    /// The PHC string of the password of who acts, or is about to sign in.
    #[sql_name = "sec.stored_password"]
    fn stored_password() -> Nullable<Text>;
    /// The patient whose journal was entered.
    #[sql_name = "sec.subject"]
    fn subject() -> Uuid;
    /// The share that it was entered through.
    #[sql_name = "sec.share"]
    fn share() -> Nullable<Uuid>;
    /// The name that a share shows to who acts.
    #[sql_name = "sec.shown_name"]
    fn shown_name(share: Uuid) -> Nullable<Text>;
    /// The year of birth that a share shows to who acts.
    #[sql_name = "sec.shown_year_of_birth"]
    fn shown_year_of_birth(share: Uuid) -> Nullable<SmallInt>;
    /// What the practitioner who acts calls the journal of a share.
    #[sql_name = "sec.own_reference"]
    fn own_reference(share: Uuid) -> Nullable<Text>;
    /// Does the practitioner of a share call its journal something?
    #[sql_name = "sec.has_reference"]
    fn has_reference(share: Uuid) -> Bool;
    /// Bytes as text.
    fn encode(bytes: Nullable<Binary>, format: Text) -> Nullable<Text>;
    /// The first that is not NULL.
    fn coalesce(first: Nullable<Text>, second: Nullable<Text>) -> Nullable<Text>;
}

diesel::table! {
    pj.accounts (id) {
        id -> Uuid,
        email -> Text,
        password_hash -> Text,
        roles -> Array<Text>,
        display_name -> Nullable<Text>,
        organisation -> Nullable<Text>,
        locale -> Text,
        time_zone -> Text,
        terms_version -> Text,
        status -> Text,
        created_at -> Timestamptz,
        licence_number -> Nullable<Text>,
        licence_jurisdiction -> Nullable<Text>,
        licence_verified_at -> Nullable<Timestamptz>,
        profile_version -> BigInt,
        year_of_birth -> Nullable<SmallInt>,
        pseudonym -> Nullable<Uuid>,
    }
}

diesel::table! {
    pj.registrations (id) {
        id -> Uuid,
        email -> Text,
        password_hash -> Text,
        roles -> Array<Text>,
        display_name -> Nullable<Text>,
        organisation -> Nullable<Text>,
        locale -> Text,
        time_zone -> Text,
        terms_version -> Text,
        code_hash -> Bytea,
        token_hash -> Bytea,
        tries -> SmallInt,
        code_expires_at -> Timestamptz,
        token_expires_at -> Timestamptz,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    pj.account_links (id) {
        id -> Uuid,
        account_id -> Uuid,
        purpose -> Text,
        email -> Text,
        secret_hash -> Bytea,
        tries -> SmallInt,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    pj.signing_keys (kid) {
        kid -> Text,
        state -> Text,
        sealed_key -> Bytea,
        created_at -> Timestamptz,
        retired_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    pj.mails (id) {
        id -> Uuid,
        recipient -> Text,
        subject -> Text,
        body -> Text,
        created_at -> Timestamptz,
        due_at -> Timestamptz,
        attempts -> SmallInt,
    }
}

diesel::table! {
    pj.devices (id) {
        id -> Uuid,
        account_id -> Uuid,
        client_id -> Text,
        installation_id -> Nullable<Text>,
        name -> Nullable<Text>,
        platform -> Nullable<Text>,
        app_version -> Nullable<Text>,
        refresh_key -> Bytea,
        counter -> BigInt,
        authenticated_at -> Timestamptz,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        idle_expires_at -> Timestamptz,
        absolute_expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        revoked_reason -> Nullable<Text>,
        presented_at -> Array<Timestamptz>,
        first_counter -> BigInt,
    }
}

diesel::table! {
    pj.security_events (id) {
        id -> Uuid,
        account_id -> Uuid,
        device_id -> Uuid,
        kind -> Text,
        counter -> BigInt,
        at -> Timestamptz,
        last_at -> Timestamptz,
        times -> Integer,
        told -> Bool,
    }
}

diesel::table! {
    pj.patients (patient_id) {
        patient_id -> Uuid,
        rev -> BigInt,
        floor_rev -> BigInt,
        day_start_minute -> SmallInt,
        enrolled_on -> Date,
        quarantined -> Integer,
        journal_starts_on -> Nullable<Date>,
        pauses -> Jsonb,
        former_day_starts -> Array<SmallInt>,
        day_starts_until -> Array<Timestamptz>,
    }
}

diesel::table! {
    pj.shares (id) {
        id -> Uuid,
        patient_id -> Uuid,
        practitioner_id -> Nullable<Uuid>,
        state -> Text,
        sections -> Array<Text>,
        from_date -> Nullable<Date>,
        to_date -> Nullable<Date>,
        expires_at -> Timestamptz,
        label -> Text,
        code_hash -> Nullable<Bytea>,
        code_expires_at -> Timestamptz,
        version -> BigInt,
        created_at -> Timestamptz,
        redeemed_at -> Nullable<Timestamptz>,
        confirmed_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Text>,
        may_record -> Bool,
        show_name -> Bool,
        show_year_of_birth -> Bool,
        reference -> Nullable<Text>,
    }
}

diesel::table! {
    pj.audit_lines (line) {
        written_in -> BigInt,
        line -> BigInt,
        kind -> Text,
        at -> Timestamptz,
        request_id -> Nullable<Uuid>,
        subject -> Nullable<Uuid>,
        actor -> Nullable<Uuid>,
        task -> Nullable<Text>,
        share_id -> Nullable<Uuid>,
        action -> Text,
        detail -> Nullable<Text>,
        sections -> Array<Text>,
        from_date -> Nullable<Date>,
        to_date -> Nullable<Date>,
        outcome -> Text,
        stranger -> Bool,
        rev -> Nullable<BigInt>,
    }
}

diesel::table! {
    pj.audit_seals (number) {
        number -> BigInt,
        head -> Text,
        signature -> Bytea,
        sealed_at -> Timestamptz,
        highest -> BigInt,
        snapshot_xmin -> BigInt,
        transaction -> BigInt,
    }
}

diesel::table! {
    pj.audit_leaves (line) {
        line -> BigInt,
        seal -> BigInt,
        position -> Integer,
        hash -> Bytea,
    }
}

diesel::table! {
    pj.report_snapshots (patient_id, id) {
        patient_id -> Uuid,
        id -> Uuid,
        share_id -> Nullable<Uuid>,
        made_by -> Uuid,
        made_at -> Timestamptz,
        from_date -> Date,
        to_date -> Date,
        version -> Integer,
        sections -> Array<Text>,
        rule_version -> Text,
        journal_revision -> BigInt,
        inputs_hash -> Nullable<Bytea>,
        report -> Nullable<Text>,
        read_from -> Date,
        read_to -> Date,
        withdrawn_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    pj.report_jobs (id) {
        id -> Uuid,
        made_by -> Uuid,
        share_id -> Nullable<Uuid>,
        from_date -> Date,
        to_date -> Date,
        state -> Text,
        days_read -> Integer,
        snapshot_id -> Nullable<Uuid>,
        problem -> Nullable<Text>,
        asked_at -> Timestamptz,
        beat_at -> Timestamptz,
    }
}

diesel::joinable!(patients -> accounts (patient_id));
diesel::joinable!(account_links -> accounts (account_id));
diesel::joinable!(security_events -> devices (device_id));
diesel::joinable!(shares -> accounts (practitioner_id));
diesel::joinable!(report_snapshots -> shares (share_id));
diesel::allow_tables_to_appear_in_same_query!(accounts, devices, patients);
diesel::allow_tables_to_appear_in_same_query!(devices, security_events);
diesel::allow_tables_to_appear_in_same_query!(account_links, accounts);
diesel::allow_tables_to_appear_in_same_query!(accounts, shares);
diesel::joinable!(audit_leaves -> audit_seals (seal));
// No key refers to a line: a leaf stays when its line is taken away, so that it is found.
diesel::joinable!(audit_leaves -> audit_lines (line));
diesel::allow_tables_to_appear_in_same_query!(accounts, audit_lines, audit_leaves, audit_seals);
diesel::allow_tables_to_appear_in_same_query!(report_snapshots, shares);
diesel::allow_tables_to_appear_in_same_query!(report_snapshots, accounts);
