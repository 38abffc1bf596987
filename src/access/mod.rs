//! Who may touch which journal: the only maker of the proofs that SQL functions demand.
//!
//! A statement says in its type in which transaction it runs: one that [`Read`]s a journal, [`Write`]s
//! it, or is about the [`Own`] account. Only this module can open those, because it alone makes their
//! [`Key`]; the first statement of each is `sec.enter`, which checks device, account and share and sets
//! the row-level-security context. A [`JournalAccess`] is what it granted. No statement names a patient:
//! the database knows who the subject is.

mod call;
mod caller;
mod hand;
mod permission;
mod policy;
mod scope;

pub(crate) use call::app_of;
pub use call::{
    Asked, Call, Filled, FromCall, Id, ListPage, Sends, SendsWhole, ToDelete, ToPut, ToPutOwn,
};
pub use caller::{Caller, PAGES_COOKIE, cookie_name};
pub use hand::Hand;
pub(crate) use permission::Reader;
pub use permission::{
    Account, Anyone, Arguments, Everybody, FreshPatient, FreshPractitioner, Patient, Permission,
    Practitioner, Purpose, Recorder, Recording, Shared,
};
pub use policy::{Need, Role, STEP_UP_MINUTES, Subject};
pub use scope::{Scope, Scopes};

use crate::app::App;
use crate::db::{Batch, Gate, Level, Runs, Statement, Tx, row};
use crate::http::{Answered, Problem, ProblemKind, ShareTags};
use crate::journal_subject::JournalSubject;
use crate::language::{Language, Paper};
use crate::sections::Sections;
use crate::time::{DAY_START_MINUTE, DayStarts, TimeZone};
use chrono::{DateTime, NaiveDate, Utc};
use std::marker::PhantomData;
use uuid::Uuid;

/// May read the journal, within what the share opens.
#[derive(Debug, Clone, Copy)]
pub struct Read;
/// May read and write the journal; holds the lock on its counter.
#[derive(Debug, Clone, Copy)]
pub struct Write;
/// The owner of the account: own shares, own access log, own account.
#[derive(Debug, Clone, Copy)]
pub struct Own;

/// Opens a transaction on a journal or an account. Nobody else can make one.
#[derive(Debug, Clone, Copy)]
pub struct Key(());

impl Level for Read {
    type Key = Key;
}
impl Level for Write {
    type Key = Key;
}
impl Level for Own {
    type Key = Key;
}
/// Who writes may read; nothing goes the other way.
impl Runs<Read> for Write {}

/// What `sec.enter` granted, good for the transaction it was granted in.
#[derive(Debug, Clone)]
pub struct JournalAccess<L> {
    actor: Option<Uuid>,
    device: Option<Uuid>,
    moment: DateTime<Utc>,
    hand: Hand,
    sections: Sections,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    day_starts: DayStarts,
    enrolled_on: Option<NaiveDate>,
    time_zone: Option<TimeZone>,
    revision: i64,
    quarantined: bool,
    language: &'static Language,
    share_tags: Option<ShareTags>,
    paper: Paper,
    level: PhantomData<L>,
}

impl<L> JournalAccess<L> {
    /// The sections the reader may see.
    pub const fn sections(&self) -> Sections {
        self.sections
    }
    /// The first and last journal day the reader may see, where a share limits them.
    pub const fn window(&self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        (self.from, self.to)
    }
    /// Makes the entity tags of what is read, where it is read through a share.
    pub const fn share_tags(&self) -> Option<ShareTags> {
        self.share_tags
    }
    /// The journal's revision when it was entered. It counts changes of everything, so that nothing a share
    /// shows may be made of it.
    pub const fn revision(&self) -> i64 {
        self.revision
    }
    /// Does the quarantine hold any of its records?
    pub const fn has_quarantined(&self) -> bool {
        self.quarantined
    }
    /// What the caller reads: the language of the account.
    pub const fn language(&self) -> &'static Language {
        self.language
    }
    /// What the caller prints on: the paper of the account's region.
    pub const fn paper(&self) -> Paper {
        self.paper
    }
    /// When the patient's journal days begin.
    pub const fn day_starts(&self) -> &DayStarts {
        &self.day_starts
    }
    /// The day the patient began the journal.
    pub const fn enrolled_on(&self) -> Option<NaiveDate> {
        self.enrolled_on
    }
    /// The patient's home zone.
    pub const fn time_zone(&self) -> Option<TimeZone> {
        self.time_zone
    }
    /// The account that acts; none when the operator does.
    pub const fn actor(&self) -> Option<Uuid> {
        self.actor
    }
    /// The device that acts.
    pub const fn device(&self) -> Option<Uuid> {
        self.device
    }
    /// Whose hand writes here.
    pub const fn hand(&self) -> Hand {
        self.hand
    }
    /// The time of the request.
    pub const fn moment(&self) -> DateTime<Utc> {
        self.moment
    }
}

/// The first and the last journal day that is wanted, where there is one.
pub type Days = (Option<NaiveDate>, Option<NaiveDate>);

/// Whose journal is asked for, and what the access log shall say.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// The caller's own.
    Own,
    /// A patient's, through a share.
    Share {
        /// The share.
        id: Uuid,
        /// What is done, for the access log.
        action: &'static str,
        /// The sections it wants; the share must open at least one of them.
        sections: Sections,
        /// The first day it wants.
        from: Option<NaiveDate>,
        /// The last day it wants.
        to: Option<NaiveDate>,
    },
}

row! {
    /// The answer of `sec.enter`.
    pub struct Entered {
        outcome: String,
        roles: Option<Vec<String>>,
        authenticated_at: Option<DateTime<Utc>>,
        sections: Option<Vec<String>>,
        from_date: Option<NaiveDate>,
        to_date: Option<NaiveDate>,
        day_start_minute: Option<i16>,
        former_day_starts: Option<Vec<i16>>,
        day_starts_until: Option<Vec<DateTime<Utc>>>,
        enrolled_on: Option<NaiveDate>,
        time_zone: Option<String>,
        rev: Option<i64>,
        quarantined: Option<i32>,
        locale: Option<String>,
    }
}

/// The first statement of every request's transaction. Public for the benchmark. The caller's locale is one of
/// the settings that `sec.enter` leaves behind.
pub const ENTER: &str = "SELECT outcome, roles, authenticated_at, sections, from_date, to_date, \
    day_start_minute, former_day_starts, day_starts_until, enrolled_on, time_zone, rev, quarantined, \
    current_setting('app.locale', true) \
    FROM sec.enter($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)";

row! {
    /// The answer of [`BEGIN_RECORDING`].
    pub struct Begun {
        patient: Option<Uuid>,
        name: Option<String>,
        year_of_birth: Option<i16>,
        reference: Option<String>,
    }
}

/// Begins to record: in whose journal, and what who writes knows of whose it is.
const BEGIN_RECORDING: &str = "SELECT CASE WHEN sec.recording_days($1) IS NOT NULL THEN sec.subject() END, \
    sec.shown_name(sec.share()), \
    sec.shown_year_of_birth(sec.share()), sec.own_reference(sec.share())";

/// In whose journal something was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The patient, whose devices are told.
    pub patient: Uuid,
    /// The same as who writes through a share may know them; none in the own journal.
    pub subject: Option<JournalSubject>,
}

/// Enters, with the proof that this server asks for just that.
fn enter<L: Level>(
    gate: &Gate,
    caller: &Caller,
    moment: DateTime<Utc>,
    target: Target,
    lock: bool,
) -> Statement<L, Entered> {
    let request = caller.request();
    let (share, action, sections, from, to) = match target {
        Target::Own => (None, "", Sections::NONE, None, None),
        Target::Share { id, action, sections, from, to } => (Some(id), action, sections, from, to),
    };
    let codes = sections.codes();
    let proof = gate
        .about("enter")
        .id(Some(caller.account()))
        .id(Some(caller.device()))
        .number(caller.counter())
        .moment(moment)
        .id(share)
        .id(Some(request))
        .days(from, to)
        .flag(lock)
        .bytes(action.as_bytes())
        .bytes(b" ")
        .bytes(codes.join(",").as_bytes())
        .end();
    Statement::new(ENTER)
        .bind(caller.account())
        .bind(caller.device())
        .bind(caller.counter())
        .bind(moment)
        .bind(share)
        .bind(action.to_owned())
        .bind(codes)
        .bind(from)
        .bind(to)
        .bind(request)
        .bind(lock)
        .bind(proof)
}

fn grant<L>(
    app: &App,
    caller: &Caller,
    moment: DateTime<Utc>,
    target: Target,
    need: Need,
    entered: Entered,
) -> Answered<JournalAccess<L>> {
    policy::judge(&entered, need, moment).map_err(Problem::new)?;
    let locale = entered.locale.as_deref().unwrap_or_default();
    let (language, paper) = (Language::of_locale(locale), Paper::of_locale(locale));
    let (hand, sections, share_tags) = match target {
        Target::Own => (Hand::Patient, Sections::ALL, None),
        Target::Share { id, .. } => {
            let open = Sections::of_codes(&entered.sections.unwrap_or_default());
            (Hand::Practitioner(caller.account()), open, Some(app.share_tags.of_share(id)))
        }
    };
    Ok(JournalAccess {
        actor: Some(caller.account()),
        device: Some(caller.device()),
        moment,
        hand,
        sections,
        from: entered.from_date,
        to: entered.to_date,
        day_starts: DayStarts::new(
            entered.day_start_minute.unwrap_or(DAY_START_MINUTE),
            former(entered.former_day_starts, entered.day_starts_until),
        ),
        enrolled_on: entered.enrolled_on,
        time_zone: entered.time_zone.as_deref().and_then(TimeZone::parse),
        revision: entered.rev.unwrap_or(0),
        quarantined: entered.quarantined.is_some_and(|records| records > 0),
        language,
        paper,
        share_tags,
        level: PhantomData,
    })
}

/// The hours at which days began, with the moments until which they did.
fn former(
    minutes: Option<Vec<i16>>,
    until: Option<Vec<DateTime<Utc>>>,
) -> impl Iterator<Item = (i16, DateTime<Utc>)> {
    minutes.into_iter().flatten().zip(until.into_iter().flatten())
}

/// Reads in one round trip. The statements run behind `sec.enter`, and see one state of the journal; their
/// rows are only handed out with the access that was granted.
///
/// # Errors
/// 401, 403, 404 as `sec.enter` and the need decide.
async fn read_all<B: Batch<Read>>(
    app: &App,
    caller: &Caller,
    need: Need,
    target: Target,
    statements: B,
) -> Answered<(JournalAccess<Read>, B::Rows)> {
    let moment = app.clock.now();
    let enter = enter(app.db.gate(), caller, moment, target, false);
    // A dozen statements under way are too large to be handed from future to future.
    let reading = Box::pin(app.db.entered(Key(()), enter, statements));
    let (entered, rows) = reading.await?;
    Ok((grant(app, caller, moment, target, need, entered)?, rows))
}

/// Reads like [`read_all`], and lets `settle` say what comes of the rows. Where it refuses them, the line of
/// a share in the access log says so: the transaction commits after it, which costs one round trip more.
///
/// # Errors
/// As [`read_all`], and what `settle` answers.
async fn read_settled<B: Batch<Read>, T>(
    app: &App,
    caller: &Caller,
    need: Need,
    target: Target,
    statements: B,
    settle: impl FnOnce(JournalAccess<Read>, B::Rows) -> Answered<T>,
) -> Answered<T> {
    if matches!(target, Target::Own) {
        let (journal, rows) = read_all(app, caller, need, target, statements).await?;
        return settle(journal, rows);
    }
    let moment = app.clock.now();
    let enter = enter(app.db.gate(), caller, moment, target, false);
    let settling = app.db.settled(Key(()), enter, statements, |entered, rows| {
        let settled = grant(app, caller, moment, target, need, entered)
            .and_then(|journal| settle(journal, rows));
        let note = settled.as_ref().err().and_then(|problem| refusal_of(caller, problem));
        (settled, note)
    });
    Box::pin(settling).await?
}

/// Notes in the access log that what the caller entered was refused; where `sec.enter` refused it, its line
/// says so already. What failed by a fault of the server's is no refusal.
fn refusal_of<L: Level>(caller: &Caller, problem: &Problem) -> Option<Statement<L>> {
    let is_refusal = problem.kind().status() < 500;
    is_refusal.then(|| Statement::new("SELECT sec.note_refusal($1)").bind(caller.request()))
}

/// Does the caller stand at all? For requests whose body is already known to be bad.
///
/// # Errors
/// As [`read_all`].
async fn check(app: &App, caller: &Caller, need: Need) -> Answered<()> {
    let asked = (Statement::<Read>::new("SELECT"),);
    read_all(app, caller, need, Target::Own, asked).await.map(|_| ())
}

/// A transaction on the caller's own things: of the journal with its counter locked, or of the account.
///
/// # Errors
/// As [`read_all`], and whatever `work` answers; then nothing is changed.
async fn own<L: Level<Key = Key>, T>(
    app: &App,
    caller: &Caller,
    need: Need,
    lock: bool,
    work: impl AsyncFnOnce(&Tx<'_, L>, JournalAccess<L>) -> Answered<T>,
) -> Answered<T> {
    let moment = app.clock.now();
    let enter = enter(app.db.gate(), caller, moment, Target::Own, lock);
    app.db
        .transact(Key(()), enter, async |tx, entered| {
            work(tx, grant(app, caller, moment, Target::Own, need, entered)?).await
        })
        .await
}

/// A transaction on a patient's journal in which the caller records through a share, its counter
/// locked. The work is only done if the share allows it; the try is in the access log either way, as a
/// refused one also where the work refuses it.
/// Answers whose journal it was, too, for the hint to that person's devices.
///
/// # Errors
/// As [`read_all`], 403 without the permission to record, and whatever `work` answers.
async fn record<T>(
    app: &App,
    caller: &Caller,
    target: Target,
    sections: Sections,
    work: impl AsyncFnOnce(&Tx<'_, Write>, JournalAccess<Write>) -> Answered<T>,
) -> Answered<(T, Written)> {
    let moment = app.clock.now();
    let enter = enter(app.db.gate(), caller, moment, target, true);
    let work = async |tx: &Tx<'_, Write>, entered: Entered| {
        let access = grant(app, caller, moment, target, Need::PRACTITIONER, entered)?;
        let begin = Statement::<Write, Begun>::new(BEGIN_RECORDING).bind(sections.codes());
        let Some(Begun { patient: Some(patient), name, year_of_birth, reference }) =
            tx.first(begin).await?
        else {
            return Err(Problem::new(ProblemKind::ShareReadOnly));
        };
        if name.is_none() && reference.is_none() {
            return Err(ProblemKind::ReferenceRequired.into());
        }
        let subject = JournalSubject { display_name: name, year_of_birth, reference };
        Ok((work(tx, access).await?, Written { patient, subject: Some(subject) }))
    };
    let note = |problem: &Problem| refusal_of(caller, problem);
    app.db.attempt(Key(()), false, enter, work, note).await
}

/// A transaction on a journal whose statements all see one state of it. What it puts down stands
/// beside the journal and is no part of it. A refused try is in the access log, too.
///
/// # Errors
/// As [`read_all`], and whatever `work` answers.
async fn snapshot<T>(
    app: &App,
    caller: &Caller,
    need: Need,
    target: Target,
    work: impl AsyncFnOnce(&Tx<'_, Read>, JournalAccess<Read>) -> Answered<T>,
) -> Answered<T> {
    let moment = app.clock.now();
    let enter = enter(app.db.gate(), caller, moment, target, false);
    let work = async |tx: &Tx<'_, Read>, entered: Entered| {
        work(tx, grant(app, caller, moment, target, need, entered)?).await
    };
    match target {
        Target::Own => app.db.snapshot(Key(()), enter, work).await,
        Target::Share { .. } => {
            let note = |problem: &Problem| refusal_of(caller, problem);
            app.db.attempt(Key(()), true, enter, work, note).await
        }
    }
}

row! {
    /// The answer of `sec.operate`.
    pub struct Operated {
        day_start_minute: i16,
        former_day_starts: Option<Vec<i16>>,
        day_starts_until: Option<Vec<DateTime<Utc>>>,
        enrolled_on: NaiveDate,
        rev: i64,
    }
}

/// The one way around a sign-in: the operator at the command line, for imports and demo data. The
/// patient sees it in the access log as `action`.
///
/// # Errors
/// When the patient has no journal or the database fails; whatever `work` answers.
pub async fn operate<T>(
    app: &App,
    patient: Uuid,
    action: &'static str,
    work: impl AsyncFnOnce(&Tx<'_, Write>, JournalAccess<Write>) -> Answered<T>,
) -> Answered<T> {
    let moment = app.clock.now();
    let request = app.ids.next();
    let proof = app.db.gate().about("operate").id(Some(patient)).moment(moment).id(Some(request));
    let proof = proof.bytes(action.as_bytes()).end();
    let operate = Statement::<Write, Operated>::new(
        "SELECT day_start_minute, former_day_starts, day_starts_until, enrolled_on, rev \
         FROM sec.operate($1,$2,$3,$4,$5)",
    )
    .bind(patient)
    .bind(action.to_owned())
    .bind(moment)
    .bind(request)
    .bind(proof);
    app.db
        .transact(Key(()), operate, async |tx, operated| {
            let access = JournalAccess {
                actor: Some(patient),
                device: None,
                moment,
                hand: Hand::Patient,
                sections: Sections::ALL,
                from: None,
                to: None,
                day_starts: DayStarts::new(
                    operated.day_start_minute,
                    former(operated.former_day_starts, operated.day_starts_until),
                ),
                enrolled_on: Some(operated.enrolled_on),
                time_zone: None,
                revision: operated.rev,
                quarantined: false,
                language: Language::english(),
                share_tags: None,
                paper: Paper::default(),
                level: PhantomData,
            };
            work(tx, access).await
        })
        .await
}
