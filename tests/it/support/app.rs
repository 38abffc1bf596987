//! A real server on a free port.

use super::canary;
use super::client::{Answer, Call};
use super::cluster::{self, Cluster};
use super::people::Person;
use chrono::{DateTime, Duration, Utc};
use pain_journal::access::{Caller, PAGES_COOKIE, Role};
use pain_journal::app::{App, Parts};
use pain_journal::auth::renew_page_token;
use pain_journal::credentials::password::HashCost;
use pain_journal::credentials::random::SystemRandom;
use pain_journal::credentials::secret::MasterSecret;
use pain_journal::db::{Db, Duty};
use pain_journal::door::Bounds;
use pain_journal::door::Origins;
use pain_journal::http::Proxies;
use pain_journal::mail::Mailer;
use pain_journal::server;
use pain_journal::time::Clock;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use tokio::sync::{OnceCell, mpsc, oneshot};
use tokio::task::{LocalSet, spawn_local};
use uuid::Uuid;

/// The cheapest password hash there is; its cost is a test of its own.
const CHEAP: HashCost = HashCost { memory_kib: 8, passes: 1, lanes: 1 };

/// Room for all tests at once.
const BOUNDS: Bounds = Bounds { workers: Some(2), connections: 1024 };

/// Work for the thread of the server.
type Job = Box<dyn FnOnce(Arc<App>) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// A running server. It ends with its last clone.
#[derive(Clone)]
pub struct TestApp {
    /// The application inside. What talks to its database goes through [`TestApp::run`].
    pub app: Arc<App>,
    /// Its address.
    pub base: String,
    /// The name of its database.
    pub database: String,
    shift: Arc<AtomicI64>,
    fuse: Arc<AtomicI64>,
    jobs: mpsc::UnboundedSender<Job>,
    /// The application as the operator's commands have it, made when first needed.
    operating: Arc<OnceCell<Arc<App>>>,
}

/// How a server differs from the others.
struct Setup {
    pool: usize,
    public_url: Option<String>,
    /// Whether its clock stands still.
    is_still: bool,
    mailer: Mailer,
    bounds: Bounds,
    origins: Origins,
    proxies: Proxies,
    registers: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            pool: 4,
            public_url: None,
            is_still: false,
            mailer: Mailer::Log,
            bounds: BOUNDS,
            origins: Origins::default(),
            proxies: Proxies::default(),
            registers: true,
        }
    }
}

impl TestApp {
    /// The server that most tests share. Make people of your own; do not move its clock.
    pub fn shared() -> Self {
        static SHARED: OnceLock<TestApp> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                Self::on(Cluster::get().database(), Setup { pool: 8, ..Setup::default() })
            })
            .clone()
    }

    /// A server with a database and a clock of its own.
    pub fn alone() -> Self {
        Self::on(Cluster::get().database(), Setup::default())
    }

    /// A server of its own on this database.
    pub fn of(database: String) -> Self {
        Self::on(database, Setup::default())
    }

    /// A server of its own with fewer places for connections.
    pub fn narrow(bounds: Bounds) -> Self {
        Self::on(Cluster::get().database(), Setup { bounds, ..Setup::default() })
    }

    /// A server of its own that pages of these origins may call.
    pub fn crossed(origins: &str) -> Self {
        let origins = origins.parse().unwrap();
        Self::on(Cluster::get().database(), Setup { origins, ..Setup::default() })
    }

    /// A server of its own that browsers reach by TLS.
    pub fn behind_tls() -> Self {
        let public_url = Some("https://journal.example.org".to_owned());
        Self::on(Cluster::get().database(), Setup { public_url, ..Setup::default() })
    }

    /// A server of its own behind a proxy on this machine.
    pub fn behind_a_proxy() -> Self {
        let proxies = "127.0.0.1".parse().unwrap();
        Self::on(Cluster::get().database(), Setup { proxies, is_still: true, ..Setup::default() })
    }

    /// A server of its own where nobody registers.
    pub fn closed() -> Self {
        Self::on(Cluster::get().database(), Setup { registers: false, ..Setup::default() })
    }

    /// The same with a clock that stands still until it is moved.
    pub fn with_a_still_clock() -> Self {
        Self::on(Cluster::get().database(), Setup { is_still: true, ..Setup::default() })
    }

    /// The same, with mail that leaves this way when the job runs.
    pub fn with_mailer(mailer: Mailer) -> Self {
        Self::on(Cluster::get().database(), Setup { mailer, ..Setup::default() })
    }

    /// A further server on the same database, as a second copy behind a balancer.
    pub fn beside(&self) -> Self {
        let (public_url, mailer) = (Some(self.app.public_url.clone()), self.app.mailer.clone());
        Self::on(self.database.clone(), Setup { public_url, mailer, ..Setup::default() })
    }

    fn on(database: String, setup: Setup) -> Self {
        let Setup { pool, public_url, is_still, mailer, bounds, origins, proxies, registers } =
            setup;
        canary::watch();
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            LocalSet::new().block_on(&runtime, async move {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let base = format!("http://{}", listener.local_addr().unwrap());
                let shift = Arc::new(AtomicI64::new(0));
                let hand = Arc::clone(&shift);
                let (fuse, start) = (Arc::new(AtomicI64::new(-1)), Utc::now());
                let lit = Arc::clone(&fuse);
                let clock = Clock::from_fn(move || {
                    if lit.load(Ordering::SeqCst) >= 0 && lit.fetch_sub(1, Ordering::SeqCst) == 0 {
                        // Without a word in the log of the tests.
                        std::panic::resume_unwind(Box::new("the clock fell"));
                    }
                    let now = if is_still { start } else { Utc::now() };
                    now + Duration::milliseconds(hand.load(Ordering::SeqCst))
                });
                let secret = MasterSecret::parse("a-secret-that-only-the-tests-use,2026").unwrap();
                let url = Cluster::get().serving_url(&database);
                let parts = Parts {
                    db: Db::new(&url, Duty::Serve, pool, secret.gate()).unwrap(),
                    clock,
                    random: Arc::new(SystemRandom::new()),
                    secret,
                    hash_cost: CHEAP,
                    mailer,
                    public_url: public_url.unwrap_or_else(|| base.clone()),
                    proxies,
                    registers,
                };
                let app = Arc::new(App::open(parts).await.unwrap());
                let server = server::listen(&app, listener, bounds, origins).unwrap();
                let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
                let (worker, handle) = (Arc::clone(&app), server.handle());
                spawn_local(async move {
                    while let Some(job) = queue.recv().await {
                        spawn_local(job(Arc::clone(&worker)));
                    }
                    // Nobody is left who could ask it: its connections are for other servers.
                    handle.stop(false).await;
                });
                let operating = Arc::default();
                send.send(Self { app, base, database, shift, fuse, jobs, operating }).unwrap();
                server.await.unwrap();
            });
        });
        receive.recv().unwrap()
    }

    /// Runs work with the application on the server's own thread, as its handlers do.
    pub async fn run<T, F>(&self, work: impl FnOnce(Arc<App>) -> F + Send + 'static) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + 'static,
    {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move |app| {
            let work = work(app);
            Box::pin(async move { drop(done.send(work.await)) })
        });
        assert!(self.jobs.send(job).is_ok(), "the server has stopped");
        answer.await.expect("the work was done")
    }

    /// Runs work as a command of the operator does: with a login of its own.
    pub async fn operate<T, F>(&self, work: impl FnOnce(Arc<App>) -> F + Send + 'static) -> T
    where
        T: Send + 'static,
        F: Future<Output = T> + 'static,
    {
        let url = Cluster::get().operating_url(&self.database);
        let operating = Arc::clone(&self.operating);
        self.run(|app| async move {
            let open = async || {
                let db = Db::new(&url, Duty::Operate, 2, app.secret.gate()).unwrap();
                Arc::new(app.with(db).await.unwrap())
            };
            work(Arc::clone(operating.get_or_init(open).await)).await
        })
        .await
    }

    /// Moves the server's clock.
    pub fn pass(&self, time: Duration) {
        self.shift.fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }

    /// Makes a reading of the clock from now on panic, once: 0 is the next one.
    pub fn panic_at(&self, reading: Option<i64>) {
        self.fuse.store(reading.unwrap_or(-1), Ordering::SeqCst);
    }

    /// Sets the server's clock to a moment.
    pub fn turn_to(&self, moment: &str) {
        let moment: DateTime<Utc> = moment.parse().unwrap();
        self.pass(moment - self.now());
    }

    /// The server's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// A connection past the walls.
    pub async fn sql(&self) -> tokio_postgres::Client {
        cluster::connect(&Cluster::get().url(&self.database)).await
    }

    /// A connection like one of the server's pool.
    pub async fn serving_sql(&self) -> tokio_postgres::Client {
        cluster::connect(&Cluster::get().serving_url(&self.database)).await
    }

    /// A request without a token.
    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(&self.base, method, path)
    }

    /// A fresh patient, signed in.
    pub async fn patient(&self, name: &str) -> Person {
        self.person(name, &[Role::Patient]).await
    }

    /// A fresh practitioner, signed in.
    pub async fn practitioner(&self, name: &str) -> Person {
        self.person(name, &[Role::Practitioner]).await
    }

    /// A fresh account, signed in.
    pub async fn person(&self, name: &str, roles: &[Role]) -> Person {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let email = format!("{name}.{}@example.org", NEXT.fetch_add(1, Ordering::Relaxed));
        Person::make(self, &email, roles).await
    }

    /// The `Cookie` of the pages, for the device and the account of an access token, whoever that is.
    pub fn page_cookie(&self, token: &str) -> String {
        let caller = Caller::of_token(&self.app, token, Uuid::nil()).unwrap();
        format!("{PAGES_COOKIE}={}", renew_page_token(&self.app, &caller).unwrap())
    }

    /// A GET without a token.
    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send().await
    }
}
