//! Resources that are read and written in one form: what was read can be changed and sent back as it is.

use super::entity_tag::opaque;
use super::precondition::PutCondition;
use super::{Answered, Documented, Problem};
use crate::wire::number::whole;
use crate::wire::{At, Components, Fault, Faults, Object, Wire, object_of, refuse_unknown};
use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;

/// What clients write of a resource that they also read.
pub trait Resource: Object {
    /// The resource as it is read; its schema is the one of both.
    type Answer: Documented;
    /// The members that the server makes. Sent back, they are ignored, but for an `id` that is not
    /// the one of the address and a `version` or an `etag` that is not the one of If-Match.
    const MADE: &'static [&'static str];
}

/// A body with a resource, as a client read it or made it. Its faults are kept until it is known
/// which record it is about, so that all of them are told at once.
#[derive(Debug)]
pub struct Sent<T> {
    content: Option<T>,
    faults: Faults,
    id: Option<Value>,
    version: Option<Value>,
    etag: Option<Value>,
}

impl<T: Resource> Sent<T> {
    /// The content, for the record at this address and under this condition.
    ///
    /// # Errors
    /// 422 with every fault of the content, and for an `id`, a `version` or an `etag` of another record.
    pub fn about(mut self, id: Uuid, condition: &PutCondition) -> Answered<T> {
        let root = At::root();
        if let Some(sent) = &self.id {
            let named = Uuid::read(sent, &root, &mut Faults::default());
            if named != Some(id) {
                let detail = "Must be the id of the address, or be left out.";
                self.faults.add(&root.key("id"), "id_mismatch", detail);
            }
        }
        // Tags that are none of ours name no version to contradict: they meet nothing, which is a 412.
        if let (Some(sent), PutCondition::Versions(expected)) = (&self.version, condition)
            && !expected.are_none()
            && !sent.as_number().and_then(whole).is_some_and(|sent| expected.names(sent))
        {
            let detail = "Must be the version of If-Match, or be left out.";
            self.faults.add(&root.key("version"), "version_mismatch", detail);
        }
        if let (Some(sent), PutCondition::Versions(expected)) = (&self.etag, condition)
            && !expected.are_of_no_share()
            && !sent.as_str().is_some_and(|sent| expected.carry(opaque(sent)))
        {
            let detail = "Must be the ETag of If-Match, or be left out.";
            self.faults.add(&root.key("etag"), "etag_mismatch", detail);
        }
        self.content()
    }

    /// The content of a resource whose address has no id.
    ///
    /// # Errors
    /// 422 with every fault.
    pub fn content(self) -> Answered<T> {
        self.read().map_err(Problem::invalid)
    }

    /// The same, outside HTTP.
    ///
    /// # Errors
    /// Every fault.
    pub fn read(self) -> Result<T, Vec<Fault>> {
        match self.content {
            Some(content) if self.faults.is_empty() => Ok(content),
            _ => Err(self.faults.into_vec()),
        }
    }
}

impl<T: Resource> Wire for Sent<T> {
    fn read(value: &Value, at: &At<'_>, _: &mut Faults) -> Option<Self> {
        let mut faults = Faults::default();
        let object = object_of(value, at, &mut faults);
        let content = object.and_then(|object| {
            refuse_unknown(object, &[T::MEMBERS, T::MADE], at, &mut faults);
            T::read_members(object, at, &mut faults)
        });
        let named = |name: &str| {
            let made = T::MADE.contains(&name);
            let value = object.filter(|_| made).and_then(|object| object.get(name));
            value.filter(|value| !value.is_null()).cloned()
        };
        let (id, version, etag) = (named("id"), named("version"), named("etag"));
        Some(Self { content, faults, id, version, etag })
    }

    fn schema(components: &mut Components) -> RefOr<Schema> {
        let read = T::Answer::document(components);
        if let (RefOr::Ref(read), RefOr::Ref(written)) = (&read, T::schema(components)) {
            components.unite(&read.ref_location, &written.ref_location);
        }
        read
    }
}
