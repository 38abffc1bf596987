//! The pure half of authorization: what `sec.enter` found × what the operation needs → go or not.

use super::Entered;
use crate::http::ProblemKind;
use crate::sections::Sections;
use chrono::{DateTime, Duration, Utc};

crate::wire::vocabulary! {
    /// What an account may act as; one account may have both roles.
    pub enum Role {
        /// Keeps a journal.
        Patient = "patient",
        /// Reads journals through shares.
        Practitioner = "practitioner",
    }
}

/// How long a password check counts as fresh, in minutes.
pub const STEP_UP_MINUTES: i64 = 5;

/// Whose data an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Nobody's.
    Nobody,
    /// The caller's own.
    Own,
    /// A patient's, through a share.
    Share,
}

/// What an operation needs of its caller. It is described in the document, and judged by it.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    subject: Subject,
    role: Option<Role>,
    sections: Sections,
    fresh: bool,
    recording: bool,
    on_pages: bool,
}

impl Need {
    /// Anybody may.
    pub const NOTHING: Self = Self {
        subject: Subject::Nobody,
        role: None,
        sections: Sections::NONE,
        fresh: false,
        recording: false,
        on_pages: false,
    };
    /// Any signed-in account, on its own things.
    pub const ACCOUNT: Self = Self { subject: Subject::Own, ..Self::NOTHING };
    /// A patient, on the own journal.
    pub const PATIENT: Self = Self { role: Some(Role::Patient), ..Self::ACCOUNT };
    /// A practitioner, on own things.
    pub const PRACTITIONER: Self = Self { role: Some(Role::Practitioner), ..Self::ACCOUNT };

    /// A practitioner with an active share that opens one of these sections.
    pub const fn share(sections: Sections) -> Self {
        Self { subject: Subject::Share, sections, ..Self::PRACTITIONER }
    }
    /// The share must allow recording, too.
    #[must_use]
    pub const fn recording(self) -> Self {
        Self { recording: true, ..self }
    }
    /// And a password check within the last [`STEP_UP_MINUTES`].
    #[must_use]
    pub const fn fresh(self) -> Self {
        Self { fresh: true, ..self }
    }

    /// In front of a page: who asks is known by a cookie, and a form must come from a page of ours.
    #[must_use]
    pub const fn on_pages(self) -> Self {
        Self { on_pages: true, ..self }
    }

    /// Is the caller known by the cookie of the pages, and not by a token?
    pub const fn is_on_pages(self) -> bool {
        self.on_pages
    }
    /// Must the caller have signed in?
    pub const fn is_signed_in(self) -> bool {
        !matches!(self.subject, Subject::Nobody)
    }
    /// Whose data it is about.
    pub const fn subject(self) -> Subject {
        self.subject
    }
    /// The role the account must have.
    pub const fn role(self) -> Option<Role> {
        self.role
    }
    /// The sections of which a share must open one.
    pub const fn sections(self) -> Sections {
        self.sections
    }
    /// Must the password have been checked just now?
    pub const fn is_fresh(self) -> bool {
        self.fresh
    }
    /// Must the share allow recording?
    pub const fn is_recording(self) -> bool {
        self.recording
    }
}

/// Decides.
///
/// # Errors
/// The problem to answer with. A dead device comes before a missing role, a missing role before a
/// missing share, so that nobody learns of a share he could not use.
pub(super) fn judge(entered: &Entered, need: Need, now: DateTime<Utc>) -> Result<(), ProblemKind> {
    match entered.outcome.as_str() {
        "granted" | "not_found" => {}
        "account_suspended" => return Err(ProblemKind::AccountSuspended),
        _ => return Err(ProblemKind::SignInRevoked),
    }
    if let Some(role) = need.role
        && !entered.roles.iter().flatten().any(|has| has == role.code())
    {
        return Err(ProblemKind::RoleInsufficient);
    }
    if entered.outcome == "not_found" {
        return Err(ProblemKind::NotFound);
    }
    let age = entered.authenticated_at.map(|at| now - at);
    if need.fresh && age.is_none_or(|age| age > Duration::minutes(STEP_UP_MINUTES)) {
        return Err(ProblemKind::ReauthenticationRequired);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(outcome: &str, roles: &[&str], minutes_ago: i64) -> (Entered, DateTime<Utc>) {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let entered = Entered {
            outcome: outcome.into(),
            roles: Some(roles.iter().map(ToString::to_string).collect()),
            authenticated_at: Some(now - Duration::minutes(minutes_ago)),
            sections: None,
            from_date: None,
            to_date: None,
            day_start_minute: None,
            former_day_starts: None,
            day_starts_until: None,
            enrolled_on: None,
            time_zone: None,
            rev: None,
            quarantined: None,
            locale: None,
        };
        (entered, now)
    }

    #[test]
    fn the_policy_as_a_table() {
        use ProblemKind as P;
        let patient = ["patient"].as_slice();
        let rows = [
            ("granted", patient, 0, Need::PATIENT, Ok(())),
            ("granted", patient, 0, Need::PRACTITIONER, Err(P::RoleInsufficient)),
            ("granted", ["patient", "practitioner"].as_slice(), 0, Need::PRACTITIONER, Ok(())),
            ("not_found", ["practitioner"].as_slice(), 0, Need::PRACTITIONER, Err(P::NotFound)),
            ("not_found", patient, 0, Need::PRACTITIONER, Err(P::RoleInsufficient)),
            ("session_revoked", patient, 0, Need::ACCOUNT, Err(P::SignInRevoked)),
            ("account_suspended", patient, 0, Need::ACCOUNT, Err(P::AccountSuspended)),
            ("anything else", patient, 0, Need::ACCOUNT, Err(P::SignInRevoked)),
            ("granted", patient, 5, Need::PATIENT.fresh(), Ok(())),
            ("granted", patient, 6, Need::PATIENT.fresh(), Err(P::ReauthenticationRequired)),
            ("granted", patient, 6, Need::PATIENT, Ok(())),
        ];
        for (outcome, roles, minutes_ago, need, expected) in rows {
            let (entered, now) = entered(outcome, roles, minutes_ago);
            assert_eq!(judge(&entered, need, now), expected, "{outcome} {roles:?} {need:?}");
        }
    }
}
