//! The id of a request.

use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

/// The id of a request, in `X-Request-Id`, in its log line, and in the access log.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// The id the frame gave this request.
    pub fn of(request: &HttpRequest) -> Uuid {
        request.extensions().get::<Self>().map_or(Uuid::nil(), |id| id.0)
    }
}
