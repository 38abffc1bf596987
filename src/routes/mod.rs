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

use crate::access::{Arguments, Need, Permission, Scope};
use crate::http::{Answer, Answered, File, FileContent, FileKind, Outcome};
use crate::wire::Components;
use accept::served;
use actix_web::body::BoxBody;
use actix_web::http::Method;
use actix_web::web::Payload;
use actix_web::{Handler, HttpRequest, HttpResponse, Responder, Route, guard, web};
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

/// A line of the route table: what is served where, and who may call it.
#[derive(Debug, Clone)]
pub struct TableEntry {
    /// The method. Where there is GET there is HEAD.
    pub method: Method,
    /// The address, with names of its parts in braces.
    pub path: String,
    /// What its caller needs.
    pub need: Need,
    /// What the caller's token has to allow.
    pub scope: Option<Scope>,
    /// Is it for people, and no operation of the document?
    pub is_page: bool,
}

/// All routes; their descriptions where they are wanted, which takes far more memory than the routes.
#[derive(Default)]
pub struct Routes {
    describes: bool,
    shared: SharedParts,
    paths: Paths,
    /// In the order of their addresses: what is spelled out comes before what has a name in braces.
    served: BTreeMap<String, Vec<(TableEntry, Route)>>,
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
        let scope = operation.scope(&method, Args::Permission::NEED);
        self.describe::<Args::Permission>(&method, path, operation, A::outcomes);
        let handler = served(handler, A::MEDIA, scope, identity);
        self.route::<Args::Permission>(method, path, scope, false, handler);
    }

    /// Registers a page or what belongs to one: a route for people, which the document leaves out. Who may
    /// see it is said by the first argument of its handler, too.
    pub fn page<H, Args, A>(&mut self, method: Method, path: &str, handler: H)
    where
        H: Handler<Args, Output = Answered<A>>,
        Args: Arguments,
        A: Responder<Body = BoxBody> + 'static,
    {
        let scope = Args::Permission::NEED.is_signed_in().then_some(Scope::Account);
        let handler = served(handler, None, scope, identity);
        self.route::<Args::Permission>(method, path, scope, true, handler);
    }

    /// Registers a route whose handler answers the bytes of a file of this kind, with their ETag.
    pub fn serve_file<H, Args, C>(
        &mut self,
        path: &str,
        operation: Operation,
        kind: &'static FileKind,
        handler: H,
    ) where
        H: Handler<Args, Output = Answered<C>>,
        Args: Arguments,
        C: Into<FileContent> + 'static,
    {
        let scope = operation.scope(&Method::GET, Args::Permission::NEED);
        self.describe::<Args::Permission>(&Method::GET, path, operation, |_| kind.outcomes());
        let file = move |content: C| File { kind, content: content.into() };
        let handler = served(handler, Some(kind.media), scope, file);
        self.route::<Args::Permission>(Method::GET, path, scope, false, handler);
    }

    fn describe<P: Permission>(
        &mut self,
        method: &Method,
        path: &str,
        operation: Operation,
        outcomes: impl FnOnce(&mut Components) -> Vec<Outcome>,
    ) {
        if self.describes {
            let outcomes = outcomes(&mut self.shared.components);
            let asked = (P::NEED, operation.scope(method, P::NEED));
            let described = operation.into_json(path, asked, outcomes, &mut self.shared);
            let verb = method.as_str().to_ascii_lowercase();
            self.paths.entry(path.to_owned()).or_default().insert(verb, described);
        }
    }

    fn route<P: Permission>(
        &mut self,
        method: Method,
        path: &str,
        scope: Option<Scope>,
        is_page: bool,
        handler: impl Handler<(HttpRequest, Payload), Output = HttpResponse>,
    ) {
        let route = if method == Method::GET {
            // The frame and the encoder see to it that HEAD has no body.
            web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
        } else {
            web::method(method.clone())
        };
        let entry = TableEntry { method, path: path.to_owned(), need: P::NEED, scope, is_page };
        self.served.entry(path.to_owned()).or_default().push((entry, route.to(handler)));
    }

    /// The route table.
    pub fn table(self) -> Vec<TableEntry> {
        self.served.into_values().flatten().map(|(entry, _)| entry).collect()
    }

    /// Puts the routes into an actix application.
    pub fn install(self, config: &mut web::ServiceConfig) {
        for (path, routes) in self.served {
            let allow = allowed(routes.iter().map(|(entry, _)| &entry.method));
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
