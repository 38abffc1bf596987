//! Lists in pages: keyset cursors that only this server could have made, for this caller and list.

use super::{Answered, Problem, ProblemKind, Query};
use crate::http::Documented;
use crate::time::far_future;
use crate::wire::Components;
use crate::wire::number::whole_of;
use actix_web::HttpRequest;
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use uuid::Uuid;

/// Items a page holds unless the client asks otherwise.
const DEFAULT_LIMIT: usize = 50;
/// Items a page may hold.
pub const MOST_ITEMS: usize = 200;
/// The only cursor layout so far.
const VERSION: u8 = 1;

/// Where an item stands in a list: the number the list is ordered by, then the item's id.
pub type Place = (i64, Uuid);

/// Signs cursors.
pub struct CursorKey(hmac::Key);

impl CursorKey {
    /// A key from 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The cursor behind the item at `place` of the list `list`.
    pub fn seal(&self, list: &str, (order, id): Place) -> String {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&order.to_be_bytes());
        bytes.extend_from_slice(id.as_bytes());
        let tag = self.tag(list, &bytes);
        bytes.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor of the list `list`.
    ///
    /// # Errors
    /// 400 `invalid_cursor` for one that was not made for this list.
    pub fn open(&self, list: &str, cursor: &str) -> Answered<Place> {
        let refused = || Problem::new(ProblemKind::InvalidCursor);
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
        let (body, tag) = bytes.split_at_checked(25).ok_or_else(refused)?;
        aws_lc_rs::constant_time::verify_slices_are_equal(&self.tag(list, body), tag)
            .map_err(|_| refused())?;
        let (order, id) = body.get(1..).and_then(|b| b.split_first_chunk()).ok_or_else(refused)?;
        let id = Uuid::from_slice(id).map_err(|_| refused())?;
        Ok((i64::from_be_bytes(*order), id))
    }

    fn tag(&self, list: &str, body: &[u8]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"cursor\0");
        context.update(list.as_bytes());
        context.update(b"\0");
        context.update(body);
        let mut tag = [0; 16];
        tag.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        tag
    }
}

/// The name of a list at this address, for its cursors: whatever the case of the ids in it.
pub fn list_name(request: &HttpRequest) -> String {
    request.path().to_ascii_lowercase()
}

/// Which page of a list is asked for.
#[derive(Debug, Clone, Copy)]
pub struct PageRequest {
    /// Items wanted, 1 to 200.
    pub limit: usize,
    /// The last item of the page before.
    pub after: Option<Place>,
}

impl PageRequest {
    /// The names of its query parameters.
    pub const PARAMETERS: [&'static str; 2] = ["limit", "cursor"];

    /// Reads `limit` and `cursor`. `list` names caller, list and filters.
    ///
    /// # Errors
    /// 400 for a foreign cursor; a bad limit is noted in the query.
    pub fn read(query: &mut Query, key: &CursorKey, list: &str) -> Answered<Self> {
        let limit = query
            .get("limit", "Must be a whole number from 1 to 200.", |v| {
                usize::try_from(whole_of(v)?).ok().filter(|n| (1..=MOST_ITEMS).contains(n))
            })
            .unwrap_or(DEFAULT_LIMIT);
        let after = query.raw("cursor").map(|cursor| key.open(list, cursor)).transpose()?;
        Ok(Self { limit, after })
    }

    /// Before which item a list goes on that is ordered by a moment, the newest first.
    pub fn before(&self) -> (DateTime<Utc>, Uuid) {
        let after =
            self.after.and_then(|(at, id)| Some((DateTime::from_timestamp_micros(at)?, id)));
        after.unwrap_or((far_future(), Uuid::max()))
    }

    /// Rows to ask for: one more than wanted tells whether any are left.
    pub fn rows(&self) -> i64 {
        i64::try_from(self.limit + 1).unwrap_or(i64::MAX)
    }
}

/// One page of a list.
#[derive(Debug, Serialize)]
pub struct Page<T> {
    /// The items, in order.
    pub data: Vec<T>,
    /// Are there more?
    pub has_more: bool,
    /// For the next page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page of `rows`, of which one more than `limit` was asked for.
    pub fn of(mut rows: Vec<T>, limit: usize, cursor: impl FnOnce(&T) -> String) -> Self {
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| has_more).map(cursor);
        Self { data: rows, has_more, next_cursor }
    }

    /// A list that always fits one page.
    pub const fn whole(data: Vec<T>) -> Self {
        Self { data, has_more: false, next_cursor: None }
    }

    /// The same page with every item turned into another form.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(turn).collect(),
            has_more: self.has_more,
            next_cursor: self.next_cursor,
        }
    }
}

impl<T: Documented> Documented for Page<T> {
    fn document(components: &mut Components) -> RefOr<Schema> {
        let item = T::document(components);
        let name = match &item {
            RefOr::Ref(reference) => {
                reference.ref_location.rsplit('/').next().unwrap_or_default().to_owned()
            }
            RefOr::T(_) => String::new(),
        };
        components.named(&format!("{name}Page"), |components| {
            // Each page has them: they are said once.
            let has_more = components.named("HasMore", |_| {
                let more = ObjectBuilder::new().schema_type(Type::Boolean);
                Schema::Object(more.description(Some("Are there more?")).build())
            });
            let next_cursor = components.named("NextCursor", |_| {
                let cursor = ObjectBuilder::new()
                    .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
                    .max_length(Some(200));
                Schema::Object(cursor.description(Some("Ask with this for the next page.")).build())
            });
            let data = ArrayBuilder::new()
                .items(RefOr::Ref(Ref::from_schema_name(name)))
                .max_items(Some(MOST_ITEMS))
                .description(Some("The items, in order."));
            let object = ObjectBuilder::new()
                .description(Some("One page of a list."))
                .property("data", data)
                .required("data")
                .property("has_more", has_more)
                .required("has_more")
                .property("next_cursor", next_cursor)
                .required("next_cursor");
            Schema::Object(object.build())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_where_it_was_made() {
        let key = CursorKey::new(&[7; 32]);
        let place = (-5, Uuid::from_u128(9));
        let cursor = key.seal("ana/entries", place);
        assert_eq!(key.open("ana/entries", &cursor).unwrap(), place);
        assert!(key.open("bob/entries", &cursor).is_err());
        assert!(CursorKey::new(&[8; 32]).open("ana/entries", &cursor).is_err());
        for bad in ["", "!", "AAAA", &cursor[1..], &format!("{cursor}AA")] {
            assert_eq!(
                key.open("ana/entries", bad).unwrap_err().kind(),
                ProblemKind::InvalidCursor
            );
        }
    }

    #[test]
    fn the_extra_row_only_tells_that_there_is_more() {
        let page = Page::of(vec![1, 2, 3], 2, ToString::to_string);
        assert_eq!(
            (page.data, page.has_more, page.next_cursor),
            (vec![1, 2], true, Some("2".into()))
        );
        let last = Page::of(vec![1, 2], 2, ToString::to_string);
        assert_eq!((last.has_more, last.next_cursor), (false, None));
    }
}
