//! Who may call an operation, as the document says it: `x-authz`.

use crate::access::{Need, Scope, Subject};
use serde_json::{Value, json};

/// What is not asked for is left out.
pub(super) fn described(need: Need, scope: Option<Scope>) -> Value {
    let auth = if need.is_signed_in() { "bearer" } else { "none" };
    let subject = match need.subject() {
        Subject::Nobody => "none",
        Subject::Own => "own",
        Subject::Share => "share",
    };
    let mut authz = json!({"auth": auth, "subject": subject});
    if let Some(scope) = scope {
        authz["scope"] = json!(scope.name());
    }
    if let Some(role) = need.role() {
        authz["role"] = json!(role.code());
    }
    let sections = need.sections().codes();
    if !sections.is_empty() {
        authz["sections"] = json!(sections);
    }
    for (name, asked) in [("step_up", need.is_fresh()), ("recording", need.is_recording())] {
        if asked {
            authz[name] = json!(true);
        }
    }
    authz
}
