//! A real server on a free port.

use super::client::{Answer, Call};
use super::cluster::{self, Cluster};
use super::people::Person;
use chrono::{DateTime, Duration, Utc};
use pain_journal::access::Role;
use pain_journal::app::{App, Parts};
use pain_journal::auth::password::HashCost;
use pain_journal::auth::secret::MasterSecret;
use pain_journal::db::Db;
use pain_journal::mail::Mailer;
use pain_journal::server;
use pain_journal::time::Clock;
use std::net::TcpListener;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// The cheapest password hash there is; its cost is a test of its own.
const CHEAP: HashCost = HashCost { memory_kib: 8, passes: 1, lanes: 1 };

/// A running server.
#[derive(Clone)]
pub struct TestApp {
    /// The application inside, for jobs and set-up.
    pub app: Arc<App>,
    /// Its address.
    pub base: String,
    /// The name of its database.
    pub database: String,
    shift: Arc<AtomicI64>,
}

impl TestApp {
    /// The server that most tests share. Make people of your own; do not move its clock.
    pub fn shared() -> Self {
        static SHARED: OnceLock<TestApp> = OnceLock::new();
        SHARED.get_or_init(|| Self::on(Cluster::get().database(), 8)).clone()
    }

    /// A server with a database and a clock of its own.
    pub fn alone() -> Self {
        Self::on(Cluster::get().database(), 4)
    }

    /// A further server on the same database, as a second copy behind a balancer.
    pub fn beside(&self) -> Self {
        Self::on(self.database.clone(), 4)
    }

    fn on(database: String, pool: usize) -> Self {
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let base = format!("http://{}", listener.local_addr().unwrap());
                let shift = Arc::new(AtomicI64::new(0));
                let hand = Arc::clone(&shift);
                let clock = Clock::from_fn(move || {
                    Utc::now() + Duration::milliseconds(hand.load(Ordering::SeqCst))
                });
                let parts = Parts {
                    db: Db::new(&Cluster::get().url(&database), pool).unwrap(),
                    clock,
                    secret: MasterSecret::parse("a secret that only the tests use, 2026").unwrap(),
                    hash_cost: CHEAP,
                    mailer: Mailer::Log,
                    public_url: base.clone(),
                };
                let app = Arc::new(App::new(parts).unwrap());
                pain_journal::auth::load_or_create(&app).await.unwrap();
                let server = server::listen(Arc::clone(&app), listener, Some(2)).unwrap();
                send.send(Self { app, base, database, shift }).unwrap();
                server.await.unwrap();
            });
        });
        receive.recv().unwrap()
    }

    /// Moves the server's clock.
    pub fn pass(&self, time: Duration) {
        self.shift.fetch_add(time.num_milliseconds(), Ordering::SeqCst);
    }

    /// The server's time.
    pub fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    /// A connection past the walls.
    pub async fn sql(&self) -> tokio_postgres::Client {
        cluster::connect(&Cluster::get().url(&self.database)).await
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

    /// A GET without a token.
    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send().await
    }
}
