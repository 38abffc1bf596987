//! The questionnaires over HTTP: the same for everybody, to be read and kept by apps.

use super::{Definition, current};
use crate::access::{Call, Everybody, FromCall};
use crate::http::{Answered, ProblemKind, Public, Versioned, document};
use crate::reference::{self, Reference};
use crate::routes::{Operation, Routes};
use actix_web::http::Method;
use serde::Serialize;
use std::sync::LazyLock;

/// Registers the operations.
pub fn routes(routes: &mut Routes) {
    let op = Operation::new("listInstruments", "reference", "List the questionnaires").describe(
        "The latest version of each. Those whose licence does not allow to show their text have \
                 no items: of them only a total that was made elsewhere can be stored.",
    );
    routes.serve(Method::GET, "/v1/instruments", reference::operation(op), list);

    let op = Operation::new("getInstrument", "reference", "Read one questionnaire").describe(
        "Show the items word by word and in their order. The server scores; the definition says \
             how, so that an app can explain a score.",
    );
    routes.serve(Method::GET, "/v1/instruments/{code}", reference::operation(op), get);
}

/// The questionnaires this server knows.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Instruments {
    /// The latest version of each.
    #[schema(max_items = 100, value_type = Vec<Definition>)]
    items: Vec<&'static Definition>,
}
document!(Instruments);

static LIST: LazyLock<Reference<Instruments>> =
    LazyLock::new(|| Reference::new(Instruments { items: current().collect() }));

static EACH: LazyLock<Vec<Reference<&'static Definition>>> =
    LazyLock::new(|| current().map(Reference::new).collect());

async fn list(_: Everybody) -> Answered<Public<Versioned<&'static Instruments>>> {
    Ok(LIST.answer())
}

/// The code in the address.
struct Code(String);

impl FromCall for Code {
    fn from_call(call: &Call) -> Answered<Self> {
        let code = call.request().match_info().get("code");
        Ok(Self(code.unwrap_or_default().to_owned()))
    }
}

async fn get(
    _: Everybody,
    Code(code): Code,
) -> Answered<Public<Versioned<&'static &'static Definition>>> {
    let found = EACH.iter().find(|reference| reference.value().code == code);
    Ok(found.ok_or(ProblemKind::NotFound)?.answer())
}
