//! `serve`: the database, the jobs and the HTTP server, from start to graceful stop.

use crate::api;
use crate::app::{App, Parts};
use crate::config::{Mode, Registering, ServeArgs};
use crate::credentials::password::HashCost;
use crate::credentials::random::SystemRandom;
use crate::database::Database;
use crate::db::{Db, Duty, FOREIGN};
use crate::demo;
use crate::door::Origins;
use crate::door::{self, Bounds};
use crate::http::{Answered, Problem};
use crate::jobs::{self, Pace};
use crate::language::Language;
use crate::mail::{Mailer, Smtp};
use crate::pages::PublishedDocument;
use crate::time::Clock;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as Actix, web};
use private_postgres::Postgres;
use secrecy::ExposeSecret;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// How the cause begins when the keys were sealed with another master secret.
const SEALED_OTHERWISE: &str = "a sealed value does not open with this secret";

/// Serves until a signal ends it.
///
/// # Errors
/// One sentence that says what to do.
pub fn serve(args: &ServeArgs) -> Result<(), String> {
    args.check()?;
    let mailer = mailer(args)?;
    let secret = args.database.master_secret()?;
    let listener = TcpListener::bind(args.listen).map_err(|e| {
        format!("cannot listen on {}: {e}; choose another with --listen", args.listen)
    })?;
    // Port 0 asks for any free one.
    let public_url = args.public_url(listener.local_addr().map_err(|e| e.to_string())?)?;
    let bounds = args.bounds()?;
    let mut progress = |line: &str| eprintln!("pain-journal: {line}");
    let mut database = Database::open(&args.database, &mut progress)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    let served = runtime.block_on(async {
        let db = Db::new(&database.url, Duty::Serve, usize::from(args.pool_size), secret.gate())
            .map_err(|e| e.to_string())?;
        let parts = Parts {
            db,
            clock: Clock::system(),
            random: Arc::new(SystemRandom::new()),
            secret,
            hash_cost: HashCost::default(),
            mailer,
            public_url,
            proxies: args.proxies.clone().unwrap_or_default(),
            registers: args.registration == Registering::Open,
        };
        let app = match start_up(parts).await {
            Ok(app) => web::Data::new(app),
            Err(problem) => {
                drop(listener);
                return Err(give_up(&problem, &mut database).await);
            }
        };
        if args.database.mode == Mode::Production {
            refuse_demo(&app).await?;
        }
        let sign_ins = if args.demo { Some(load_demo(&app, &database).await?) } else { None };
        let server = listen(&app, listener, bounds, args.cors_origins.clone().unwrap_or_default())
            .map_err(|e| e.to_string())?;
        let handle = server.handle();
        tokio::pin!(server);
        // Polled once, it listens to signals: one that follows the announcement ends it cleanly.
        if let Poll::Ready(ended) = futures_util::poll!(&mut server) {
            return ended.map_err(|e| e.to_string());
        }
        announce(args, &app, &database, sign_ins.as_deref());
        // Dropping them ends them.
        let jobs = jobs::start(&app.into_inner(), Pace::default());
        let ended = tokio::select! {
            ended = &mut server => ended.map_err(|e| e.to_string()),
            died = watch(database.private.as_mut()) => {
                // The server stops only while it is polled.
                let _ = tokio::join!(handle.stop(false), server);
                Err(died)
            }
        };
        drop(jobs);
        ended
    });
    drop(runtime);
    if let Some(private) = &mut database.private {
        private.stop().map_err(|e| format!("the private database did not stop: {e}"))?;
    }
    served
}

/// Loads the demo data, before anything is answered: who is told that the server is ready can sign in.
async fn load_demo(app: &App, database: &Database) -> Result<String, String> {
    let db = Db::new(database.operator()?, Duty::Operate, 2, app.secret.gate());
    let operating = app.with(db.map_err(|e| e.to_string())?).await.map_err(|e| explain(&e))?;
    let sign_ins = demo::load(&Arc::new(operating)).await.map_err(|e| explain(&e))?;
    sign_ins.ok_or_else(|| {
        "the addresses of the demo belong to accounts with other passwords; start without --demo, or \
         with another --data-dir"
            .to_owned()
    })
}

/// Anybody knows the passwords of the demo's accounts.
async fn refuse_demo(app: &App) -> Result<(), String> {
    match demo::open_account(app).await.map_err(|e| explain(&e))? {
        None => Ok(()),
        Some(email) => Err(format!(
            "the demo's account {email}, whose password is public, is in this database: take another one for \
             production, or close it with: pain-journal user disable {email}"
        )),
    }
}

fn explain(problem: &Problem) -> String {
    let title = || problem.kind().title(Language::english());
    problem.cause().map_or_else(title, str::to_owned)
}

/// Why the server does not serve. With another master secret than that of its private database it
/// leaves that running until a signal comes, so that it can be backed up or mended.
async fn give_up(problem: &Problem, database: &mut Database) -> String {
    let why = explain(problem);
    let otherwise = |cause: &str| cause.starts_with(SEALED_OTHERWISE) || cause == FOREIGN;
    let is_sealed = problem.cause().is_some_and(otherwise);
    let (true, Some(private)) = (is_sealed, database.private.as_mut()) else { return why };
    eprintln!("pain-journal: {why}");
    eprintln!(
        "pain-journal: nothing is served; the database in {} stays up for a backup, or until the \
         secret is mended (docs/operations.md). Ctrl-C ends it",
        private.home().display()
    );
    tokio::select! {
        () = ended() => why,
        died = watch(Some(private)) => died,
    }
}

/// Waits for the signal of a terminal or of a service manager.
async fn ended() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => (),
        _ = terminate.recv() => (),
    }
}

/// What must have happened before the first request: keys loaded, connections open.
///
/// # Errors
/// When the database fails, or its keys were sealed with another secret.
pub async fn start_up(parts: Parts) -> Answered<App> {
    let app = App::open(parts).await?;
    app.db.warm_up().await?;
    Ok(app)
}

/// An HTTP server on a listener, not yet polled.
///
/// # Errors
/// When the listener cannot be used.
pub fn listen(
    app: &Arc<App>,
    listener: TcpListener,
    bounds: Bounds,
    origins: Origins,
) -> std::io::Result<actix_web::dev::Server> {
    let data = web::Data::from(Arc::clone(app));
    let document = web::Data::new(PublishedDocument(api::openapi_of(&app.public_url)));
    door::listen(app, listener, bounds, move || {
        Actix::new()
            .app_data(data.clone())
            .app_data(document.clone())
            .app_data(origins.clone())
            .wrap(Compress::default())
            .wrap(from_fn(door::frame))
            .configure(|config| api::routes().install(config))
    })
}

fn mailer(args: &ServeArgs) -> Result<Mailer, String> {
    match args.mailer.expose_secret() {
        "log" => Ok(Mailer::Log),
        "outbox" => Ok(Mailer::Outbox(args.database.home()?.join("outbox"))),
        _ => {
            let authority = args.mail_ca.as_deref().map(|path| {
                std::fs::read_to_string(path).map_err(|e| {
                    format!("PAIN_JOURNAL_MAIL_CA: cannot read {}: {e}", path.display())
                })
            });
            Smtp::new(&args.mailer, &args.mail_from, authority.transpose()?.as_deref())
                .map(|smtp| Mailer::Smtp(Arc::new(smtp)))
                .map_err(|e| format!("PAIN_JOURNAL_MAILER: {e}"))
        }
    }
}

/// Returns only when the private database has died: requests could only fail from then on.
async fn watch(private: Option<&mut Postgres>) -> String {
    let Some(private) = private else { return std::future::pending().await };
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    loop {
        tick.tick().await;
        if let Some(status) = private.has_exited() {
            return format!("the private database ended by itself ({status}); see postgres.log");
        }
    }
}

fn announce(args: &ServeArgs, app: &App, database: &Database, sign_ins: Option<&str>) {
    let place = match (&database.home, &args.database.database_url) {
        (Some(home), None) => format!("{} (own Postgres)", home.display()),
        _ => "the database of DATABASE_URL".to_owned(),
    };
    eprintln!("\npain-journal {} is ready.\n", env!("CARGO_PKG_VERSION"));
    eprintln!("  address   {}", app.public_url);
    eprintln!("  docs      {}/docs", app.public_url);
    eprintln!("  data      {place}");
    if let Some(outbox) = outbox(&app.mailer) {
        eprintln!("  mail      {}", outbox.display());
    }
    if let Some(sign_ins) = sign_ins {
        eprintln!("{sign_ins}");
    }
    eprintln!("  stop      Ctrl-C\n");
}

fn outbox(mailer: &Mailer) -> Option<&Path> {
    match mailer {
        Mailer::Outbox(folder) => Some(folder),
        Mailer::Log | Mailer::Smtp(_) => None,
    }
}
