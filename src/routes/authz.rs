//! Who may call an operation, as the document says it.

use crate::sections::Sections;
use serde_json::{Value, json};

/// Who may call an operation; the authorization matrix test is made of this.
#[derive(Debug, Clone, Copy)]
pub struct Authz {
    pub(super) auth: &'static str,
    pub(super) role: Option<&'static str>,
    subject: &'static str,
    sections: Sections,
    pub(super) step_up: bool,
    pub(super) recording: bool,
}

impl Authz {
    /// Anybody.
    pub const OPEN: Self = Self {
        auth: "none",
        role: None,
        subject: "none",
        sections: Sections::NONE,
        step_up: false,
        recording: false,
    };
    /// Any signed-in account, on its own things.
    pub const ACCOUNT: Self = Self { auth: "bearer", subject: "own", ..Self::OPEN };
    /// A patient, on the own journal.
    pub const PATIENT: Self = Self { role: Some("patient"), ..Self::ACCOUNT };
    /// A practitioner, on own things.
    pub const PRACTITIONER: Self = Self { role: Some("practitioner"), ..Self::ACCOUNT };

    /// A practitioner with an active share that opens one of these sections.
    pub const fn share(sections: Sections) -> Self {
        Self { subject: "share", sections, ..Self::PRACTITIONER }
    }
    /// The share must allow recording, too.
    #[must_use]
    pub const fn recording(mut self) -> Self {
        self.recording = true;
        self
    }
    /// Needs a password check within the last five minutes.
    #[must_use]
    pub const fn step_up(mut self) -> Self {
        self.step_up = true;
        self
    }

    /// What is not asked for is left out.
    pub(super) fn to_json(self) -> Value {
        let mut authz = json!({"auth": self.auth, "subject": self.subject});
        if let Some(role) = self.role {
            authz["role"] = json!(role);
        }
        let sections = self.sections.codes();
        if !sections.is_empty() {
            authz["sections"] = json!(sections);
        }
        for (name, asked) in [("step_up", self.step_up), ("recording", self.recording)] {
            if asked {
                authz[name] = json!(true);
            }
        }
        authz
    }
}
