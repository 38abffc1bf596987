//! The door: connections, how many there may be, how long they may take for what, and how large the
//! head of a request may be. Behind it stands the HTTP library with the application.

mod cors;
mod frame;
mod framing;
mod places;
mod stream;
mod words;

pub use cors::Origins;
pub use frame::frame;

use self::places::Places;
use self::stream::{Refuse, Watched};
use self::words::{refuse_unread, refused_head};
use crate::app::App;
use crate::http::ProblemKind;
use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol, Request};
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_web::dev::{AppConfig, Response, Server};
use actix_web::rt::net::TcpStream;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;
use std::fmt;
use std::net::TcpListener;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

/// How long requests in flight may take to end at a stop, in seconds.
const GRACE: u64 = 10;
/// For a client that sends on although it has its answer.
const DISCONNECT_TIME: Duration = Duration::from_secs(2);
/// Connections that may wait for the server to take them.
const BACKLOG: i32 = 1024;
/// Bytes that the system keeps unsent for a connection before it says that the client is slow.
const UNSENT: u32 = 128 * 1024;
/// Open files that are no connections of clients: the database, the log, mails, what Rust needs.
const OTHER_FILES: u64 = 256;

/// How many there may be.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Threads that serve requests; one a core where it is not said.
    pub workers: Option<u16>,
    /// Connections at once, over all workers.
    pub connections: usize,
}

/// Raises the process's limit of open files as far as `connections` ask for and the system allows, a
/// quarter more for those that have lost their place and are still leaving. Answers how many fit.
///
/// # Errors
/// When the system allows more files and does not keep its word.
pub fn room_for(connections: usize) -> Result<usize, String> {
    let leaving = connections / 4;
    let wanted = OTHER_FILES.saturating_add(connections.saturating_add(leaving) as u64);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // None is no limit.
    let present = current.unwrap_or(u64::MAX);
    let limit = present.max(wanted.min(maximum.unwrap_or(u64::MAX)));
    if limit > present {
        setrlimit(Resource::Nofile, Rlimit { current: Some(limit), maximum })
            .map_err(|error| format!("cannot raise the limit of open files: {error}"))?;
    }
    let files = usize::try_from(limit.saturating_sub(OTHER_FILES)).unwrap_or(usize::MAX);
    Ok((files - files / 5).min(connections))
}

/// A server of `factory`'s application on a listener, not yet polled.
///
/// # Errors
/// When the listener cannot be used.
pub fn listen<F, I, S, B>(
    app: &Arc<App>,
    listener: TcpListener,
    bounds: Bounds,
    factory: F,
) -> std::io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error>,
    S::InitError: fmt::Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    SockRef::from(&listener).listen(BACKLOG)?;
    let cores = || std::thread::available_parallelism().map_or(2, NonZeroUsize::get);
    let workers = bounds.workers.map_or_else(cores, usize::from);
    let each = bounds.connections.div_ceil(workers);
    let leaving = (each / 4).max(1);
    let app = Data::from(Arc::clone(app));
    let server = Server::build()
        .workers(workers)
        // A connection that has lost its place needs a moment to see it.
        .max_concurrent_connections(each + leaving)
        .shutdown_timeout(GRACE);
    let stops = server.graceful_shutdown_signal();
    let server = server.listen("pain-journal", listener, move || {
        let places = Places::new(each);
        let stops = stops.clone();
        let judge = app.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stops = stops.clone();
                async move { stops.notified().await }
            })
            // All other deadlines are those of the stream.
            .keep_alive(KeepAlive::Os)
            .client_request_timeout(Duration::ZERO)
            .client_disconnect_timeout(DISCONNECT_TIME)
            .expect(fn_service(move |request: Request| {
                let refused = refuse_unread(&judge, request.path(), request.headers());
                async move { refused.map_or(Ok(request), |refused| Err(Response::from(refused))) }
            }))
            .on_connect_ext(|io: &Watched, extensions| {
                extensions.insert(io.place());
            })
            .finish(map_config(
                factory().into_factory().map_err(|error| error.into().error_response()),
                |()| AppConfig::default(),
            ));
        let refuse = refusing(&app);
        fn_service(move |io: TcpStream| {
            let watched = welcome(io, &places, &refuse);
            async move { watched.ok_or(DispatchError::DisconnectTimeout) }
        })
        .and_then(http)
    })?;
    Ok(server.run())
}

fn refusing(app: &Data<App>) -> Refuse {
    let app = app.clone();
    Rc::new(move |kind, is_head| refused_head(&app, kind, is_head))
}

/// Gives a connection a place, or tells it that there is none.
fn welcome(
    io: TcpStream,
    places: &Rc<Places>,
    refuse: &Refuse,
) -> Option<(Watched, Protocol, Option<std::net::SocketAddr>)> {
    let Some(place) = places.take() else {
        // Whoever does not take it has lost nothing.
        let _ = io.try_write(&refuse(ProblemKind::Overloaded, false));
        return None;
    };
    // Without it a slow reader of a large answer cannot be told from one that has stopped.
    let _ = SockRef::from(&io).set_tcp_notsent_lowat(UNSENT);
    let peer = io.peer_addr().ok();
    Some((Watched::new(io, place, Rc::clone(refuse)), Protocol::Http1, peer))
}
