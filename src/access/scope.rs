//! What a token allows: its scopes, and the one that each route needs.

use actix_web::http::Method;

/// Declares the scopes with their names in tokens.
macro_rules! scopes {
    ($($(#[$about:meta])* $scope:ident = $name:literal;)*) => {
        /// What a token may allow.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Scope { $($(#[$about])* $scope),* }

        impl Scope {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$scope),*];
            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$scope => $name),* }
            }
        }
    };
}

scopes! {
    /// The account itself: devices, profile, shares, the access log. For the server's own apps only.
    Account = "account";
    /// Reads records.
    JournalRead = "journal:read";
    /// Writes records.
    JournalWrite = "journal:write";
    /// Reads reports.
    ReportRead = "report:read";
    /// Freezes reports, and withdraws them.
    ReportWrite = "report:write";
    /// Reads the own profile.
    ProfileRead = "profile:read";
}

impl Scope {
    /// The scope that an operation needs of whoever must sign in for it, by its tag in the document.
    pub fn of_operation(tag: &str, method: &Method) -> Self {
        let reads = *method == Method::GET;
        match (tag, reads) {
            ("journal" | "sync" | "patients", true) => Self::JournalRead,
            ("journal" | "sync" | "patients", false) => Self::JournalWrite,
            ("reports", true) => Self::ReportRead,
            ("reports", false) => Self::ReportWrite,
            ("account", true) => Self::ProfileRead,
            _ => Self::Account,
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The scopes of a token. Names that are none of ours allow nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Of the names in a token, separated by blanks.
    pub fn named(names: &str) -> Self {
        let named = |scope: &&Scope| names.split(' ').any(|name| name == scope.name());
        Self(Scope::ALL.iter().filter(named).fold(0, |bits, scope| bits | scope.bit()))
    }

    /// Is this one among them?
    pub const fn allow(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_allows_what_it_names_and_nothing_else() {
        for scope in Scope::ALL {
            let one = Scopes::named(scope.name());
            for other in Scope::ALL {
                assert_eq!(one.allow(*other), other == scope);
            }
        }
        let two = Scopes::named("report:read journal:read");
        assert!(two.allow(Scope::JournalRead) && two.allow(Scope::ReportRead));
        assert!(!two.allow(Scope::JournalWrite));
        for none in ["", "x", "journal", "Account", "account\tjournal:read", "journal:read,account"]
        {
            assert_eq!(Scopes::named(none), Scopes(0), "{none}");
        }
    }
}
