//! A request on its way to its handler: first who asks, then what is asked. Whoever may not ask learns that,
//! and not what is wrong with the rest.

use super::caller::is_our_own;
use super::{Caller, Need};
use crate::app::App;
use crate::http::precondition::{self, DeleteCondition, PutCondition};
use crate::http::{
    Answered, PageRequest, Problem, ProblemKind, Query, Resource, Sent, list_name, path_id,
    read_form, read_json,
};
use crate::wire::Wire;
use actix_web::dev::Payload;
use actix_web::{HttpRequest, web};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use uuid::Uuid;

/// A request, with what is known of its caller.
#[derive(Debug)]
pub struct Call {
    request: HttpRequest,
    caller: Option<Caller>,
}

impl Call {
    /// A request to a route with this need.
    ///
    /// # Errors
    /// 401 without a genuine token where there must be one, 403 for a form that does not come from one of
    /// our own pages.
    pub fn of(request: HttpRequest, need: Need) -> Answered<Self> {
        let known = || Caller::of(app_of(&request)?, &request, need);
        let caller = match (need.is_signed_in(), need.is_on_pages()) {
            (true, _) => Some(known()?),
            (false, true) => known().ok(),
            (false, false) => None,
        };
        if need.is_on_pages() && !request.method().is_safe() && !is_our_own(&request) {
            return Err(ProblemKind::RoleInsufficient.into());
        }
        Ok(Self { request, caller })
    }

    /// The request.
    pub const fn request(&self) -> &HttpRequest {
        &self.request
    }
    /// The application.
    ///
    /// # Errors
    /// 500 where the server was put together without one.
    pub fn app(&self) -> Answered<&Arc<App>> {
        app_of(&self.request)
    }
    /// Who asks.
    ///
    /// # Errors
    /// 401 where nobody had to say so.
    pub fn caller(&self) -> Answered<Caller> {
        self.caller.ok_or_else(|| Problem::new(ProblemKind::Unauthenticated))
    }
}

/// The application that a request has come to.
///
/// # Errors
/// 500 where the server was put together without one.
pub(crate) fn app_of(request: &HttpRequest) -> Answered<&Arc<App>> {
    let app = request.app_data::<web::Data<App>>();
    app.map(|app| &**app).ok_or_else(|| Problem::internal("no application state"))
}

/// What may be asked: read from a request whose caller is known.
pub trait Asked: Sized + 'static {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with the request.
    fn read(call: &Call, payload: &mut Payload) -> impl Future<Output = Answered<Self>>;
}

/// What stands in the address and the headers alone.
pub trait FromCall: Sized + 'static {
    /// Reads it.
    ///
    /// # Errors
    /// What is wrong with the request.
    fn from_call(call: &Call) -> Answered<Self>;
}

impl<T: FromCall> Asked for T {
    fn read(call: &Call, _: &mut Payload) -> impl Future<Output = Answered<Self>> {
        std::future::ready(T::from_call(call))
    }
}

/// The id in the address.
#[derive(Debug, Clone, Copy)]
pub struct Id(pub Uuid);

impl FromCall for Id {
    fn from_call(call: &Call) -> Answered<Self> {
        path_id(call.request(), "id").map(Self)
    }
}

/// A page of a list without other parameters.
#[derive(Debug)]
pub struct ListPage {
    /// Which.
    pub page: PageRequest,
    /// What its cursors are bound to: the caller and the list.
    pub list: String,
}

impl FromCall for ListPage {
    fn from_call(call: &Call) -> Answered<Self> {
        let mut query = Query::of(call.request(), &PageRequest::PARAMETERS);
        let list = format!("{}|{}", call.caller()?.account(), list_name(call.request()));
        let page = PageRequest::read(&mut query, &call.app()?.cursors, &list);
        query.done()?;
        Ok(Self { page: page?, list })
    }
}

/// A valid JSON body.
#[derive(Debug)]
pub struct Sends<T>(pub T);

impl<T: Wire + 'static> Asked for Sends<T> {
    async fn read(call: &Call, payload: &mut Payload) -> Answered<Self> {
        read_json(call.request(), payload).await.map(Self)
    }
}

/// The filled-in form of a page.
#[derive(Debug)]
pub struct Filled<T>(pub T);

impl<T: DeserializeOwned + 'static> Asked for Filled<T> {
    async fn read(call: &Call, payload: &mut Payload) -> Answered<Self> {
        read_form(call.request(), payload).await.map(Self)
    }
}

/// A valid resource whose address has no id.
#[derive(Debug)]
pub struct SendsWhole<T>(pub T);

impl<T: Resource + 'static> Asked for SendsWhole<T> {
    async fn read(call: &Call, payload: &mut Payload) -> Answered<Self> {
        Sends::<Sent<T>>::read(call, payload).await?.0.content().map(Self)
    }
}

/// A resource whose address has no id, and which may have changed meanwhile.
#[derive(Debug)]
pub struct ToPutOwn<T: Resource> {
    /// Under which condition.
    pub condition: PutCondition,
    /// What it shall be; its faults are told against the own id.
    pub sent: Sent<T>,
}

impl<T: Resource + 'static> Asked for ToPutOwn<T> {
    async fn read(call: &Call, payload: &mut Payload) -> Answered<Self> {
        let condition = precondition::of_put(call.request())?;
        let Sends(sent) = Sends::<Sent<T>>::read(call, payload).await?;
        Ok(Self { condition, sent })
    }
}

/// A resource that shall be as it was sent.
#[derive(Debug)]
pub struct ToPut<T> {
    /// Which.
    pub id: Uuid,
    /// Under which condition.
    pub condition: PutCondition,
    /// What it shall be.
    pub content: T,
}

impl<T: Resource + 'static> Asked for ToPut<T> {
    async fn read(call: &Call, payload: &mut Payload) -> Answered<Self> {
        let Id(id) = Id::from_call(call)?;
        let condition = precondition::of_put(call.request())?;
        let Sends(sent) = Sends::<Sent<T>>::read(call, payload).await?;
        Ok(Self { id, content: sent.about(id, &condition)?, condition })
    }
}

/// A resource that shall go.
#[derive(Debug)]
pub struct ToDelete {
    /// Which.
    pub id: Uuid,
    /// Under which condition.
    pub condition: DeleteCondition,
}

impl FromCall for ToDelete {
    fn from_call(call: &Call) -> Answered<Self> {
        let Id(id) = Id::from_call(call)?;
        Ok(Self { id, condition: precondition::of_delete(call.request())? })
    }
}
