//! Entity tags as they come back. Proxies that compress an answer make its tag weak or write the
//! coding into it, and apps send back what they were given, sometimes without the quotes. A tag
//! that carries one of ours counts as ours; the decision record 28 lists the forms.

use actix_web::http::header::{HeaderMap, HeaderName};

/// What an If-Match or If-None-Match names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// `*`
    Any,
    /// These tags, without what marks them as weak and without quotes.
    Tags(Vec<Tag>),
}

/// A tag as it came, without what marks it as weak and without quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(Vec<u8>);

impl Tag {
    /// Is it `ours`, perhaps with what a proxy has written behind it?
    ///
    /// What comes behind must begin with a separator: `v70` is no form of `v7`. A dot is none, since
    /// our own tags have dots in them.
    pub fn carries(&self, ours: &str) -> bool {
        self.0.strip_prefix(ours.as_bytes()).is_some_and(ends_ours)
    }

    /// The tag of a version.
    pub fn of_version(version: i64) -> Self {
        Self(format!("v{version}").into_bytes())
    }

    /// Has it the form of a tag of what is read through a share?
    pub fn is_of_share(&self) -> bool {
        self.0.split_at_checked(super::share_tag::DIGITS).is_some_and(|(digits, rest)| {
            digits.iter().all(u8::is_ascii_hexdigit) && ends_ours(rest)
        })
    }

    /// The version it names, where it carries the tag of one.
    pub fn version(&self) -> Option<i64> {
        let digits = self.0.strip_prefix(b"v")?;
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = digits.split_at(count);
        // No version of ours begins with 0.
        if digits.first().is_none_or(|first| *first == b'0') || !ends_ours(rest) {
            return None;
        }
        std::str::from_utf8(digits).ok()?.parse().ok()
    }
}

/// May this stand behind a tag of ours?
fn ends_ours(rest: &[u8]) -> bool {
    rest.first().is_none_or(|first| !first.is_ascii_alphanumeric() && *first != b'.')
}

/// What is between the quotes of an ETag that the server itself has written.
pub fn opaque(etag: &str) -> &str {
    etag.trim_start_matches("W/").trim_matches('"')
}

/// Reads a header that names tags, however many lines it has (RFC 9110 section 5.3). `None` without
/// the header.
///
/// # Errors
/// When it names nothing, or `*` beside something else.
pub fn named(headers: &HeaderMap, name: HeaderName) -> Option<Result<Named, ()>> {
    let mut lines = headers.get_all(name).peekable();
    lines.peek()?;
    let mut any = false;
    let mut tags = Vec::new();
    for member in lines.flat_map(|line| members(line.as_bytes())) {
        if member == b"*" {
            any = true;
        } else {
            tags.push(Tag(bare(member)));
        }
    }
    Some(match (any, tags.is_empty()) {
        (true, true) => Ok(Named::Any),
        (false, false) => Ok(Named::Tags(tags)),
        _ => Err(()),
    })
}

/// The members of a list; a comma between quotes is part of a tag.
fn members(line: &[u8]) -> Vec<&[u8]> {
    let mut quoted = false;
    line.split(|byte| {
        quoted ^= *byte == b'"';
        *byte == b',' && !quoted
    })
    .map(<[u8]>::trim_ascii)
    .filter(|member| !member.is_empty())
    .collect()
}

fn bare(member: &[u8]) -> Vec<u8> {
    let strong =
        member.strip_prefix(b"W/").or_else(|| member.strip_prefix(b"w/")).unwrap_or(member);
    // Programs that put a header into another text escape its quotes, some twice.
    strong.iter().copied().filter(|byte| !matches!(byte, b'"' | b'\\')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderValue, IF_MATCH};
    use proptest::prelude::*;

    fn read(lines: &[&str]) -> Option<Result<Named, ()>> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IF_MATCH, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        named(&headers, IF_MATCH)
    }

    fn versions(lines: &[&str]) -> Vec<Option<i64>> {
        match read(lines) {
            Some(Ok(Named::Tags(tags))) => tags.iter().map(Tag::version).collect(),
            other => panic!("{lines:?}: {other:?}"),
        }
    }

    /// What stands behind or around a tag that has passed a proxy.
    const FORMS: [&str; 24] = [
        "\"TAG\"",      // as given
        "W/\"TAG\"",    // nginx, HAProxy
        "w/\"TAG\"",    // an app that writes headers in lower case
        "\"TAG-gzip\"", // Apache 2.4
        "\"TAG-br\"",   // Apache 2.4 with brotli
        "\"TAG-zstd\"",
        "\"TAG-deflate\"",
        "\"TAG-gunzip\"",    // Apache that unpacks
        "\"TAG-gunzip-br\"", // and packs anew
        "\"TAG\"-gzip",      // Apache 2.2
        "W/\"TAG-gzip\"",    // Apache behind nginx
        "\"TAG--gzip\"",     // Jetty
        "TAG--gzip",         // Jetty, where there were no quotes
        "\"TAG;gzip\"",
        "\"TAG;gz\"",
        "\"TAG;br\"",
        "\"TAG;;;\"",
        "\"TAG:br\"",
        "\"TAG:0\"",
        "\"TAG,gzip\"", // a comma is allowed in a tag
        "TAG",          // an app that takes the quotes for decoration
        "W/TAG",
        "\\\"TAG\\\"", // an app that escapes them
        "\"\"TAG\"\"", // or writes them twice
    ];

    #[test]
    fn every_known_form_carries_its_tag_and_no_other() {
        for form in FORMS {
            for version in ["7", "70", "17", "1"] {
                let sent = form.replace("TAG", &format!("v{version}"));
                assert_eq!(versions(&[&sent]), [version.parse().ok()], "{sent}");
            }
            let sent = form.replace("TAG", "s0123456789abcdef");
            let Some(Ok(Named::Tags(tags))) = read(&[&sent]) else { panic!("{sent}") };
            assert!(tags[0].carries("s0123456789abcdef"), "{sent}");
            assert!(!tags[0].carries("s0123456789abcde"), "{sent}");
            assert!(!tags[0].carries("s0123456789abcdef.r2"), "{sent}");
        }
    }

    #[test]
    fn a_tag_that_is_not_ours_names_no_version() {
        for foreign in [
            "\"7\"",
            "\"v\"",
            "\"v+7\"",
            "\"v-7\"",
            "\"v07\"",
            "\"v0\"",
            "\"v7a\"",
            "\"v7.0\"",
            "\"xv7\"",
            "\"V7\"",
            "\"\"",
            "\"v99999999999999999999\"",
            "W/\"s0123456789abcdef\"",
            "\u{e9}\u{e9}",
        ] {
            assert_eq!(versions(&[foreign]), [None], "{foreign}");
        }
    }

    #[test]
    fn lists_are_read_whole_over_lines_and_with_commas_in_tags() {
        assert_eq!(
            versions(&["\"v7\" , W/\"v8-gzip\",,\"a,v9\"", "v10"]),
            [Some(7), Some(8), None, Some(10)]
        );
        assert_eq!(read(&["*"]), Some(Ok(Named::Any)));
        assert_eq!(read(&[" * "]), Some(Ok(Named::Any)));
        for unreadable in [&["*, \"v7\""][..], &["*", "\"v7\""], &[""], &[" , "]] {
            assert_eq!(read(unreadable), Some(Err(())), "{unreadable:?}");
        }
        assert_eq!(read(&[]), None);
    }

    proptest! {
        /// Whatever is sent: it names a version only where it holds that version's tag, whole.
        #[test]
        fn nothing_names_a_version_that_does_not_stand_in_it(
            tag in "(W/)?\"?[vV]{0,2}[0-9]{0,4}[-;:,.a-z0-9\"~_ ]{0,12}\"?",
        ) {
            let Some(Ok(Named::Tags(tags))) = read(&[&tag]) else { return Ok(()) };
            for read in tags {
                let Some(version) = read.version() else { continue };
                let text = String::from_utf8(read.0.clone()).unwrap();
                let numbers: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).collect();
                // The first number of the tag, right behind its one v, and no letter or dot follows.
                prop_assert_eq!(numbers[1], version.to_string());
                let behind = &text[1 + numbers[1].len()..];
                prop_assert!(!behind.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.'));
                let whole = format!("v{version}");
                prop_assert!(text.starts_with(&whole), "{}", text);
            }
        }

        /// Every form of a version names that version, and is no form of another one.
        #[test]
        fn every_form_of_a_version_is_that_version(
            version in 1_i64..=i64::MAX, other in 1_i64..=i64::MAX, form in 0..FORMS.len(),
        ) {
            let sent = FORMS[form].replace("TAG", &format!("v{version}"));
            prop_assert_eq!(versions(&[&sent]), [Some(version)]);
            let Some(Ok(Named::Tags(tags))) = read(&[&sent]) else { return Ok(()) };
            prop_assert_eq!(tags[0].carries(&format!("v{other}")), version == other);
        }

        /// No header, however odd, stops the reader.
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let mut headers = HeaderMap::new();
                headers.append(IF_MATCH, value);
                prop_assert!(named(&headers, IF_MATCH).is_some());
            }
        }
    }
}
