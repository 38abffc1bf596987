//! The route table. A route is registered together with its description, so one without the other
//! does not compile, and the OpenAPI document is made of exactly the routes that are served.

mod accept;
mod authz;
mod document;
mod operation;
mod parameter;

pub use document::SOMEDAY;
pub use operation::Operation;
pub use parameter::Parameter;

use crate::access::{Arguments, Permission};
use crate::http::{Answer, Answered, File, FileKind, Outcome};
use crate::wire::Components;
use accept::served;
use actix_web::http::Method;
use actix_web::{Handler, HttpResponse, Route, guard, web};
use document::{Document, Paths, SharedParts};
use std::collections::BTreeMap;
use std::convert::identity;

/// The methods of an address, as `Allow` lists them. Where there is GET there is HEAD.
fn allowed<'a>(methods: impl Iterator<Item = &'a Method>) -> String {
    let mut allow = Vec::new();
    for method in methods {
        allow.push(method.as_str());
        if method == Method::GET {
            allow.push("HEAD");
        }
    }
    allow.join(", ")
}

/// All routes; their descriptions where they are wanted, which takes far more memory than the routes.
#[derive(Default)]
pub struct Routes {
    describes: bool,
    shared: SharedParts,
    paths: Paths,
    served: BTreeMap<String, Vec<(Method, Route)>>,
}

impl Routes {
    /// Routes that are described, for [`document`](Self::document). The default is to be served.
    pub fn described() -> Self {
        Self { describes: true, ..Self::default() }
    }

    /// Registers a route. Who may call it is said by the first argument of its handler.
    pub fn serve<H, Args, A>(
        &mut self,
        method: Method,
        path: &str,
        operation: Operation,
        handler: H,
    ) where
        H: Handler<Args, Output = Answered<A>>,
        Args: Arguments,
        A: Answer + 'static,
    {
        let operation = operation.by(Args::Permission::NEED);
        self.describe(&method, path, operation, A::outcomes);
        self.route(method, path, |route| route.to(served(handler, A::MEDIA, identity)));
    }

    /// Registers a route whose handler answers the bytes of a file of this kind, with their ETag.
    pub fn serve_file<H, Args>(
        &mut self,
        path: &str,
        operation: Operation,
        kind: &'static FileKind,
        handler: H,
    ) where
        H: Handler<Args, Output = Answered<(Vec<u8>, String)>>,
        Args: Arguments,
    {
        let operation = operation.by(Args::Permission::NEED);
        self.describe(&Method::GET, path, operation, |_| kind.outcomes());
        let file = move |(bytes, etag)| File { kind, bytes, etag };
        let handler = served(handler, Some(kind.media), file);
        self.route(Method::GET, path, |route| route.to(handler));
    }

    fn describe(
        &mut self,
        method: &Method,
        path: &str,
        operation: Operation,
        outcomes: impl FnOnce(&mut Components) -> Vec<Outcome>,
    ) {
        if self.describes {
            let outcomes = outcomes(&mut self.shared.components);
            let described = operation.into_json(path, outcomes, &mut self.shared);
            let verb = method.as_str().to_ascii_lowercase();
            self.paths.entry(path.to_owned()).or_default().insert(verb, described);
        }
    }

    fn route(&mut self, method: Method, path: &str, to: impl FnOnce(Route) -> Route) {
        let served = if method == Method::GET {
            // The frame and the encoder see to it that HEAD has no body.
            web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            web::method(method.clone())
        };
        self.served.entry(path.to_owned()).or_default().push((method, to(served)));
    }

    /// Puts the routes into an actix application.
    pub fn install(self, config: &mut web::ServiceConfig) {
        for (path, routes) in self.served {
            let allow = allowed(routes.iter().map(|(method, _)| method));
            let mut resource =
                web::resource(&path).default_service(web::to(move || {
                    let allow = allow.clone();
                    async move {
                        HttpResponse::MethodNotAllowed().insert_header(("Allow", allow)).finish()
                    }
                }));
            for (_, route) in routes {
                resource = resource.route(route);
            }
            config.service(resource);
        }
    }

    /// The OpenAPI 3.1 document of exactly these routes, for a server at this address.
    pub fn document(self, server: &str) -> Document {
        Document::of(self.paths, self.shared, server)
    }
}
