//! The named schemas of the document.

use std::collections::BTreeMap;
use utoipa::openapi::schema::{Object, Schema};
use utoipa::openapi::{Ref, RefOr};

/// The named schemas of the document.
#[derive(Default)]
pub struct Components {
    /// The schemas by name.
    pub schemas: BTreeMap<String, RefOr<Schema>>,
    /// By schema, the members that the server makes: read, and ignored when sent back.
    pub made: BTreeMap<String, Vec<String>>,
    /// By schema, the members that it needs beside those that its parts do.
    pub needs: BTreeMap<String, Vec<&'static str>>,
    /// By the name of a schema that is read, what clients write of it.
    written: BTreeMap<String, Object>,
}

impl Components {
    /// Registers `name` once and answers a reference to it.
    pub fn named(&mut self, name: &str, make: impl FnOnce(&mut Self) -> Schema) -> RefOr<Schema> {
        if !self.schemas.contains_key(name) {
            // A placeholder first, so that a type that contains itself ends.
            self.schemas.insert(name.to_owned(), RefOr::Ref(Ref::from_schema_name(name)));
            let schema = make(self);
            self.schemas.insert(name.to_owned(), RefOr::T(schema));
        }
        RefOr::Ref(Ref::from_schema_name(name))
    }

    /// The object of this name, where there is one.
    pub fn object(&mut self, name: &str) -> Option<&mut Object> {
        match self.schemas.get_mut(name) {
            Some(RefOr::T(Schema::Object(object))) => Some(object),
            _ => None,
        }
    }

    /// Makes one schema of two references: what is read, and what clients write of it.
    pub fn unite(&mut self, read: &str, written: &str) {
        let name = |reference: &str| reference.rsplit('/').next().unwrap_or_default().to_owned();
        let (read, written) = (name(read), name(written));
        if read != written
            && let Some(RefOr::T(Schema::Object(object))) = self.schemas.remove(&written)
        {
            self.written.insert(read, object);
        }
    }

    /// Carries out what [`unite`](Self::unite) asked for, when all schemas are there: a member that
    /// is written is as for writing, the others are the server's.
    pub fn settle(&mut self) {
        for (name, written) in std::mem::take(&mut self.written) {
            let Some(read) = self.object(&name) else { continue };
            let mut made = Vec::new();
            for (member, schema) in &mut read.properties {
                match written.properties.get(member) {
                    Some(as_written) => *schema = as_written.clone(),
                    None => made.push(member.clone()),
                }
            }
            read.required = written.required;
            self.made.insert(name, made);
        }
    }
}
