//! Texts that name somebody or something: e-mail addresses and ids. They have many spellings in a
//! request and one that is kept and answered.

use super::unseen::trim_unseen;
use super::{At, Components, Faults, Wire};
use crate::db::column_via;
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use uuid::Uuid;

/// An e-mail address in its one canonical form: ASCII, lower case, at most 254 characters.
#[derive(Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// The canonical form of an address as typed. What is unseen at its ends is no part of it: phones
    /// add a blank behind what they complete, and copied addresses bring marks along.
    pub fn parse(typed: &str) -> Option<Self> {
        let typed = trim_unseen(typed);
        let (local, domain) = typed.rsplit_once('@')?;
        let local_ok = (1..=64).contains(&local.len())
            && local
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&b))
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
        let labels_ok = domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        });
        (local_ok && labels_ok && domain.contains('.') && typed.len() <= 254)
            .then(|| Self(typed.to_ascii_lowercase()))
    }
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(hidden)")
    }
}
impl Serialize for Email {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
impl Wire for Email {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let Value::String(text) = value else {
            faults.add(at, "wrong_type", "Must be a string.");
            return None;
        };
        let read = Self::parse(text);
        if read.is_none() {
            faults.add(
                at,
                "invalid_format",
                "Must be an ASCII e-mail address like name@example.org.",
            );
        }
        read
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
            .max_length(Some(254))
            .into()
    }
}
column_via!([] Email as String, |email| email.0.clone(), |raw| Ok(Self(raw)));

impl Wire for Uuid {
    fn read(value: &Value, at: &At<'_>, faults: &mut Faults) -> Option<Self> {
        let read = value.as_str().and_then(parse_uuid);
        if read.is_none() {
            faults.add(at, "invalid_format", "Must be a UUID with hyphens.");
        }
        read
    }
    fn schema(_: &mut Components) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .into()
    }
}

/// A UUID with hyphens, in capitals or not (RFC 9562 section 4: output is lower case, input may be
/// either). The other spellings that some libraries read are refused.
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    (text.len() == uuid::fmt::Hyphenated::LENGTH).then(|| Uuid::try_parse(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_have_one_canonical_form() {
        for typed in [
            "Ana.B+x@Example.ORG",
            " ana.b+x@example.org",
            "ana.b+x@example.org\r\n",
            "\u{feff}ana.b+x@example.org\u{a0}",
            "\u{200b}\u{202a}ana.b+x@example.org\u{202c}\u{200b}",
        ] {
            assert_eq!(Email::parse(typed).unwrap().as_str(), "ana.b+x@example.org", "{typed:?}");
        }
        for bad in [
            "",
            " ",
            "a",
            "a@b",
            "a b@c.de",
            "a@c..de",
            ".a@c.de",
            "ä@c.de",
            "a@-c.de",
            "a\u{200b}@c.de",
            "a @c.de",
            "a@c.de\0",
        ] {
            assert!(Email::parse(bad).is_none(), "{bad:?}");
        }
        assert!(!format!("{:?}", Email::parse("a@c.de").unwrap()).contains("c.de"));
    }

    #[test]
    fn a_uuid_has_hyphens_and_any_case() {
        let id = parse_uuid("0195a3c2-0000-7000-8000-00000000000a").unwrap();
        for same in ["0195A3C2-0000-7000-8000-00000000000A", "0195a3C2-0000-7000-8000-00000000000a"]
        {
            assert_eq!(parse_uuid(same), Some(id));
        }
        for bad in [
            "0195a3c2000070008000000000000000",
            "{0195a3c2-0000-7000-8000-00000000000a}",
            "urn:uuid:0195a3c2-0000-7000-8000-00000000000a",
            "0195a3c2-0000-7000-8000-00000000000g",
            "0195a3c20000-7000-8000-00000000000a-",
            " 195a3c2-0000-7000-8000-00000000000a",
            "",
        ] {
            assert!(parse_uuid(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_capitals_it_is_one_id(bits: u128, capitals: u64) {
            let id = Uuid::from_u128(bits);
            let mixed: String = id.to_string().chars().enumerate()
                .map(|(at, c)| if capitals >> at & 1 == 1 { c.to_ascii_uppercase() } else { c })
                .collect();
            prop_assert_eq!(parse_uuid(&mixed), Some(id));
            prop_assert_eq!(serde_json::to_value(id).unwrap(), id.to_string());
        }
    }
}
