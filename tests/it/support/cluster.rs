//! One throwaway Postgres a run, and databases cloned from a migrated template.

use pain_journal::db::{Duty, OPERATOR, SERVER, migrate};
use private_postgres::{ADMIN, Durability, Options, Postgres, sweep_dead, throwaway_parent};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_postgres::NoTls;

const TEMPLATE: &str = "template_journal";

/// The cluster of this run. It is stopped by the pipe to its guard when this process ends.
pub struct Cluster {
    postgres: Postgres,
}

impl Cluster {
    /// The cluster, started by whoever asks first.
    pub fn get() -> &'static Self {
        static CLUSTER: OnceLock<Cluster> = OnceLock::new();
        CLUSTER.get_or_init(|| {
            let parent = throwaway_parent();
            sweep_dead(&parent);
            let home = parent.join(format!("pain-journal-test-{}", std::process::id()));
            let settings = vec!["max_connections=200".to_owned()];
            let options = Options { home, durability: Durability::Throwaway, settings };
            let postgres = Postgres::start(options, &mut |_| ()).expect("a throwaway Postgres");
            let cluster = Self { postgres };
            cluster.blocking(|admin| async move {
                admin.batch_execute(&format!("CREATE DATABASE {TEMPLATE}")).await.unwrap();
            });
            migrate::run(&cluster.url(TEMPLATE)).expect("the migrations");
            cluster.provide_logins(TEMPLATE);
            cluster
        })
    }

    /// The administrator's address of a database.
    pub fn url(&self, database: &str) -> String {
        self.postgres.url(ADMIN, database)
    }

    /// The address of a database for the login that serves.
    pub fn serving_url(&self, database: &str) -> String {
        self.postgres.url(SERVER, database)
    }

    /// The address of a database for the operator's login.
    pub fn operating_url(&self, database: &str) -> String {
        self.postgres.url(OPERATOR, database)
    }

    /// Makes the logins of the program, as whoever migrates does.
    pub fn provide_logins(&self, database: &str) {
        let (serving, operating) = (self.serving_url(database), self.operating_url(database));
        let logins = [(serving.as_str(), Duty::Serve), (operating.as_str(), Duty::Operate)];
        migrate::provide_logins(&self.url(database), &logins).expect("the logins of the program");
    }

    /// The address of a database for any login.
    pub fn url_of(&self, login: &str, database: &str) -> String {
        self.postgres.url(login, database)
    }

    /// The directory of the Postgres programs.
    pub fn bin_dir(&self) -> &std::path::Path {
        self.postgres.bin_dir()
    }

    /// A new database with the newest schema; answers its name.
    pub fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("t_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let create = format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy");
        self.blocking(|admin| async move { admin.batch_execute(&create).await.unwrap() });
        name
    }

    /// An empty database without a schema; answers its name.
    pub fn empty_database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("e_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let create = format!("CREATE DATABASE {name}");
        self.blocking(|admin| async move { admin.batch_execute(&create).await.unwrap() });
        name
    }

    /// Runs `work` with an administrator's connection, on a thread of its own.
    fn blocking<F: Future<Output = ()>>(
        &self,
        work: impl FnOnce(tokio_postgres::Client) -> F + Send,
    ) {
        let url = self.url("postgres");
        std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    let runtime =
                        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async { work(connect(&url).await).await });
                })
                .join()
                .unwrap();
        });
    }
}

/// The plan that a statement of `EXPLAIN (FORMAT JSON)` tells.
pub async fn plan(sql: &tokio_postgres::Client, explain: &str) -> serde_json::Value {
    let told = sql.simple_query(explain).await.unwrap();
    let rows = told.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let told: serde_json::Value = serde_json::from_str(&rows.collect::<String>()).unwrap();
    told[0]["Plan"].clone()
}

/// A plain connection, past the walls: for looking at what the server left behind.
pub async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The columns of a table that can be written, as a list: without those that the database computes.
pub async fn columns(sql: &tokio_postgres::Client, table: &str) -> String {
    let list = "SELECT string_agg(format('%I', attname), ', ' ORDER BY attnum) FROM pg_attribute \
                WHERE attrelid = ('pj.' || $1)::regclass AND attnum > 0 AND NOT attisdropped \
                AND attgenerated = ''";
    sql.query_one(list, &[&table]).await.unwrap().get(0)
}
