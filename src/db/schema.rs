//! The tables that diesel's query builder writes statements for, as the migrations leave them. A test holds
//! them against the catalogue.

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
