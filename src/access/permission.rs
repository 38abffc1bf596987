//! Permission as the type of a handler's first argument. What the document says of who may call an
//! operation, what is judged, and what the handler can then do come from this one type.

use super::call::{Asked, Call};
use super::{
    Caller, Days, JournalAccess, Need, Own, Read, Target, Write, Written, check, own, read_all,
    read_settled, record, snapshot,
};
use crate::app::App;
use crate::db::{Batch, Statement, Tx};
use crate::http::{Answered, Network, Problem, ProblemKind, path_id};
use crate::sections::Sections;
use actix_web::dev::Payload;
use actix_web::{HttpRequest, HttpResponse};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use uuid::Uuid;

/// What a caller may do.
pub trait Permission: Sized + 'static {
    /// What it needs.
    const NEED: Need;

    /// Of a call whose token is genuine.
    ///
    /// # Errors
    /// 404 where the address names no share.
    fn of(call: &Call) -> Answered<Self>;

    /// May the caller, by the database? Asked before he is told what is wrong with his request; the
    /// transaction of a good one judges by itself.
    ///
    /// # Errors
    /// 401, 403, 404 as the need has it.
    fn judge(&self) -> impl Future<Output = Answered<()>>;

    /// How a failure is told: as a problem, unless somebody sits in front of a page.
    fn told(_: &HttpRequest, problem: Problem) -> HttpResponse {
        HttpResponse::from_error(problem)
    }
}

/// The arguments of a handler: a permission, then what is asked.
pub trait Arguments: Sized + 'static {
    /// The permission.
    type Permission: Permission;

    /// Reads what is asked. Where that cannot be, the caller is judged first.
    ///
    /// # Errors
    /// What is wrong with the caller, or else with the request.
    fn read(
        permission: Answered<Self::Permission>,
        call: &Call,
        payload: &mut Payload,
    ) -> impl Future<Output = Answered<Self>>;
}

impl<P: Permission> Arguments for (P,) {
    type Permission = P;

    async fn read(permission: Answered<P>, call: &Call, _: &mut Payload) -> Answered<Self> {
        Ok((named(permission, call).await?,))
    }
}

impl<P: Permission, A: Asked> Arguments for (P, A) {
    type Permission = P;

    async fn read(permission: Answered<P>, call: &Call, payload: &mut Payload) -> Answered<Self> {
        let permission = named(permission, call).await?;
        match A::read(call, payload).await {
            Ok(asked) => Ok((permission, asked)),
            Err(problem) => {
                permission.judge().await?;
                Err(problem)
            }
        }
    }
}

/// The permission, where the address says of what.
async fn named<P: Permission>(permission: Answered<P>, call: &Call) -> Answered<P> {
    if permission.is_err() {
        check(call.app()?, &call.caller()?, P::NEED).await?;
    }
    permission
}

/// Anybody, for what is the same for all: it comes without the application.
#[derive(Debug, Clone, Copy)]
pub struct Everybody;

impl Permission for Everybody {
    const NEED: Need = Need::NOTHING;

    fn of(_: &Call) -> Answered<Self> {
        Ok(Self)
    }
    fn judge(&self) -> impl Future<Output = Answered<()>> {
        std::future::ready(Ok(()))
    }
}

/// Anybody.
#[derive(Debug, Clone)]
pub struct Anyone {
    app: Arc<App>,
    network: Option<Network>,
}

impl Anyone {
    /// The application.
    pub const fn app(&self) -> &Arc<App> {
        &self.app
    }
    /// The network that the request comes from, where that is known.
    pub const fn network(&self) -> Option<Network> {
        self.network
    }
}

impl Permission for Anyone {
    const NEED: Need = Need::NOTHING;

    fn of(call: &Call) -> Answered<Self> {
        let app = call.app()?.clone();
        let network = Network::of(call.request(), &app.proxies);
        Ok(Self { app, network })
    }
    fn judge(&self) -> impl Future<Output = Answered<()>> {
        std::future::ready(Ok(()))
    }
}

/// What kind of account.
pub trait Kind: 'static {
    /// What it needs.
    const NEED: Need;
}

/// Kinds of accounts.
pub mod kind {
    use super::{Kind, Need};

    /// Any.
    #[derive(Debug)]
    pub struct Any;
    impl Kind for Any {
        const NEED: Need = Need::ACCOUNT;
    }
    /// Patients.
    #[derive(Debug)]
    pub struct Patients;
    impl Kind for Patients {
        const NEED: Need = Need::PATIENT;
    }
    /// Practitioners.
    #[derive(Debug)]
    pub struct Practitioners;
    impl Kind for Practitioners {
        const NEED: Need = Need::PRACTITIONER;
    }
    /// Those whose password was checked just now.
    #[derive(Debug)]
    pub struct Fresh<K>(K);
    impl<K: Kind> Kind for Fresh<K> {
        const NEED: Need = K::NEED.fresh();
    }
}

/// Somebody who has signed in, on his own things.
pub struct SignedIn<K> {
    app: Arc<App>,
    caller: Caller,
    kind: PhantomData<fn() -> K>,
}

/// Any account.
pub type Account = SignedIn<kind::Any>;
/// A patient.
pub type Patient = SignedIn<kind::Patients>;
/// A practitioner.
pub type Practitioner = SignedIn<kind::Practitioners>;
/// A patient whose password was checked just now.
pub type FreshPatient = SignedIn<kind::Fresh<kind::Patients>>;
/// A practitioner whose password was checked just now.
pub type FreshPractitioner = SignedIn<kind::Fresh<kind::Practitioners>>;

impl<K> fmt::Debug for SignedIn<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("caller", &self.caller).finish_non_exhaustive()
    }
}

impl<K> Clone for SignedIn<K> {
    fn clone(&self) -> Self {
        Self::new(self.app.clone(), self.caller)
    }
}

impl<K> SignedIn<K> {
    /// For a caller whose token is genuine. What he may is judged by each transaction.
    pub const fn new(app: Arc<App>, caller: Caller) -> Self {
        Self { app, caller, kind: PhantomData }
    }
    /// The application.
    pub const fn app(&self) -> &Arc<App> {
        &self.app
    }
    /// Who it is.
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }
}

impl<K: Kind> SignedIn<K> {
    /// A transaction on the own account.
    ///
    /// # Errors
    /// 401 and 403 as the kind has it, and whatever `work` answers; then nothing is changed.
    pub async fn own<T>(
        &self,
        work: impl AsyncFnOnce(&Tx<'_, Own>, JournalAccess<Own>) -> Answered<T>,
    ) -> Answered<T> {
        own(&self.app, &self.caller, K::NEED, false, work).await
    }
}

impl<K: Kind> Permission for SignedIn<K> {
    const NEED: Need = K::NEED;

    fn of(call: &Call) -> Answered<Self> {
        Ok(Self::new(call.app()?.clone(), call.caller()?))
    }
    fn judge(&self) -> impl Future<Output = Answered<()>> {
        check(&self.app, &self.caller, K::NEED)
    }
}

impl Patient {
    /// A transaction on the own journal, its counter locked.
    ///
    /// # Errors
    /// 401 and 403 as for a patient, and whatever `work` answers; then nothing is changed.
    pub async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&Tx<'_, Write>, JournalAccess<Write>) -> Answered<T>,
    ) -> Answered<T> {
        own(&self.app, &self.caller, Need::PATIENT, true, work).await
    }
}

/// What is done through a share: what it wants of it, and what the access log says.
pub trait Purpose: 'static {
    /// The share must open one of these.
    const SECTIONS: Sections;
    /// What is done, unless the reader says otherwise.
    const ACTION: &'static str;
}

/// Somebody with a share, who wants to do this with it.
pub struct Shared<S> {
    practitioner: Practitioner,
    share: Uuid,
    action: &'static str,
    purpose: PhantomData<fn() -> S>,
}

/// Somebody with a share, who records through it.
pub struct Recording<S>(Shared<S>);

impl<S> fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("share", &self.share).finish_non_exhaustive()
    }
}

impl<S> fmt::Debug for Recording<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recording").field(&self.0).finish()
    }
}

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        let Self { practitioner, share, action, purpose } = self;
        Self { practitioner: practitioner.clone(), share: *share, action, purpose: *purpose }
    }
}

impl<S: Purpose> Shared<S> {
    /// A share as a practitioner names it. Whether it is open to him is judged by each transaction.
    pub const fn new(practitioner: Practitioner, share: Uuid) -> Self {
        Self { practitioner, share, action: S::ACTION, purpose: PhantomData }
    }
    /// The share's id.
    pub const fn id(&self) -> Uuid {
        self.share
    }
}

impl<S: Purpose> Permission for Shared<S> {
    const NEED: Need = Need::share(S::SECTIONS);

    fn of(call: &Call) -> Answered<Self> {
        Ok(Self::new(Practitioner::of(call)?, path_id(call.request(), "share_id")?))
    }
    fn judge(&self) -> impl Future<Output = Answered<()>> {
        // Not the share: a request that cannot be read looks at nobody's journal.
        self.practitioner.judge()
    }
}

impl<S: Purpose> Permission for Recording<S> {
    const NEED: Need = Need::share(S::SECTIONS).recording();

    fn of(call: &Call) -> Answered<Self> {
        Shared::of(call).map(Self)
    }
    /// The try to record is in the access log, as refused, whatever is wrong with it: behind a share that
    /// does not open, every request looks alike.
    async fn judge(&self) -> Answered<()> {
        let bad = async |_: &Tx<'_, Write>, _| Err::<(), _>(ProblemKind::ValidationFailed.into());
        match self.write(bad).await {
            Err(problem) if problem.kind() != ProblemKind::ValidationFailed => Err(problem),
            _ => Ok(()),
        }
    }
}

/// Who reads a journal: its owner, or somebody with a share.
pub(crate) trait Reader: Permission {
    /// Who it is.
    fn caller(&self) -> &Caller;
    /// The application.
    fn app(&self) -> &Arc<App>;
    /// The share he reads through.
    fn share(&self) -> Option<Uuid>;
    /// The same reader, who does this, as the access log says it.
    #[must_use]
    fn acting(self, action: &'static str) -> Self;
    /// Whose journal it is; of a share these days.
    fn target(&self, days: Days) -> Target;

    /// Reads in one round trip.
    ///
    /// # Errors
    /// 401, 403, 404 as the need has it.
    fn read<R>(
        &self,
        days: Days,
        statement: Statement<Read, R>,
    ) -> impl Future<Output = Answered<(JournalAccess<Read>, Vec<R>)>> {
        async move {
            let (journal, (rows,)) = self.read_all(days, (statement,)).await?;
            Ok((journal, rows))
        }
    }

    /// Like [`read`](Self::read), with several statements, which see one state of the journal.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn read_all<B: Batch<Read>>(
        &self,
        days: Days,
        statements: B,
    ) -> impl Future<Output = Answered<(JournalAccess<Read>, B::Rows)>> {
        read_all(self.app(), self.caller(), Self::NEED, self.target(days), statements)
    }

    /// Like [`read_all`](Self::read_all), where the rows decide whether the reader gets an answer at all. Through
    /// a share, a refusal of `settle` is one in the access log.
    ///
    /// # Errors
    /// As [`read`](Self::read), and what `settle` answers.
    fn read_settled<B: Batch<Read>, T>(
        &self,
        days: Days,
        statements: B,
        settle: impl FnOnce(JournalAccess<Read>, B::Rows) -> Answered<T>,
    ) -> impl Future<Output = Answered<T>> {
        read_settled(self.app(), self.caller(), Self::NEED, self.target(days), statements, settle)
    }

    /// A transaction whose statements all see one state of the journal.
    ///
    /// # Errors
    /// As [`read`](Self::read), and whatever `work` answers.
    fn snapshot<T>(
        &self,
        days: Days,
        work: impl AsyncFnOnce(&Tx<'_, Read>, JournalAccess<Read>) -> Answered<T>,
    ) -> impl Future<Output = Answered<T>> {
        snapshot(self.app(), self.caller(), Self::NEED, self.target(days), work)
    }
}

impl Reader for Patient {
    fn caller(&self) -> &Caller {
        &self.caller
    }
    fn app(&self) -> &Arc<App> {
        &self.app
    }
    fn share(&self) -> Option<Uuid> {
        None
    }
    fn acting(self, _: &'static str) -> Self {
        self
    }
    fn target(&self, _: Days) -> Target {
        Target::Own
    }
}

impl<S: Purpose> Reader for Shared<S> {
    fn caller(&self) -> &Caller {
        self.practitioner.caller()
    }
    fn app(&self) -> &Arc<App> {
        self.practitioner.app()
    }
    fn share(&self) -> Option<Uuid> {
        Some(self.share)
    }
    fn acting(self, action: &'static str) -> Self {
        Self { action, ..self }
    }
    fn target(&self, (from, to): Days) -> Target {
        Target::Share { id: self.share, action: self.action, sections: S::SECTIONS, from, to }
    }
}

/// Who writes in a journal: its owner, or somebody who records through a share.
pub trait Recorder: Permission {
    /// The application.
    fn app(&self) -> &Arc<App>;
    /// A transaction on the journal, its counter locked; answers whose it is, too.
    ///
    /// # Errors
    /// 401, 403, 404 as the need has it, and whatever `work` answers; then nothing is changed.
    fn write<T>(
        &self,
        work: impl AsyncFnOnce(&Tx<'_, Write>, JournalAccess<Write>) -> Answered<T>,
    ) -> impl Future<Output = Answered<(T, Written)>>;
}

impl Recorder for Patient {
    fn app(&self) -> &Arc<App> {
        &self.app
    }
    async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&Tx<'_, Write>, JournalAccess<Write>) -> Answered<T>,
    ) -> Answered<(T, Written)> {
        let written = Written { patient: self.caller.account(), subject: None };
        Ok((Self::write(self, work).await?, written))
    }
}

impl<S: Purpose> Recording<S> {
    /// Somebody who records through this share.
    pub const fn through(shared: Shared<S>) -> Self {
        Self(shared)
    }
}

impl<S: Purpose> Recorder for Recording<S> {
    fn app(&self) -> &Arc<App> {
        Reader::app(&self.0)
    }
    fn write<T>(
        &self,
        work: impl AsyncFnOnce(&Tx<'_, Write>, JournalAccess<Write>) -> Answered<T>,
    ) -> impl Future<Output = Answered<(T, Written)>> {
        let target = self.0.target((None, None));
        record(Reader::app(&self.0), self.0.caller(), target, S::SECTIONS, work)
    }
}
