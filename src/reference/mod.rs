//! Reference data: what is the same for everybody and known when the program is built. Apps keep it
//! and ask with its ETag whether there is a newer one.

use crate::hex::hex;
use crate::http::{Documented, Public, Versioned};
use crate::routes::{Operation, Parameter};
use aws_lc_rs::digest::{SHA256, digest};
use serde::Serialize;

/// Some reference data with the ETag of its content.
#[derive(Debug)]
pub struct Reference<T> {
    value: T,
    etag: String,
}

impl<T: Serialize> Reference<T> {
    /// Data that will not change any more.
    pub fn new(value: T) -> Self {
        let etag = fingerprint(&serde_json::to_vec(&value).unwrap_or_default());
        Self { value, etag }
    }
}

impl<T: Documented> Reference<T> {
    /// The answer of its operation.
    pub fn answer(&'static self) -> Public<Versioned<&'static T>> {
        Public(Versioned(&self.value, self.etag.clone()))
    }
}

impl<T> Reference<T> {
    /// The data.
    pub const fn value(&self) -> &T {
        &self.value
    }
}

/// The ETag of content that has no version number: the beginning of its hash.
pub fn fingerprint(content: &[u8]) -> String {
    let hash = digest(&SHA256, content);
    format!("\"s{}\"", hex(&hash.as_ref()[..8]))
}

/// An operation that answers with reference data.
pub fn operation(operation: Operation) -> Operation {
    operation.parameter(Parameter::if_none_match())
}
