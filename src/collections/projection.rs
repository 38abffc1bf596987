//! `projection!`: some columns of a collection's table as a typed row, each column named once.

use crate::db::Row;

/// Some columns of a collection.
pub trait Projection: Row {
    /// The columns of the records of the journal that was entered, to be narrowed further with `AND`.
    const SELECT: &'static str;
    /// Those of the journal days from `$1` to `$2`, by the index of the collection.
    const OF_DAYS: &'static str;
}

/// Declares a row: its fields, how they are read from the columns of a statement in the order of the
/// fields, and, of a table, the statement. A column is called as its field unless `= "expression"`
/// follows; `as Stored => f` reads a `Stored` and makes the field of it with `f`.
macro_rules! projection {
    ($(#[$meta:meta])* pub struct $name:ident of $table:literal {
        $(#[$head_meta:meta])* $head:ident: $head_ty:ty
            $(= $head_column:literal $(as $head_stored:ty => $head_make:path)?)?
        $(, $(#[$fmeta:meta])* $field:ident: $ty:ty
            $(= $column:literal $(as $stored:ty => $make:path)?)?)* $(,)?
    }) => {
        $crate::collections::projection! {
            $(#[$meta])* pub struct $name {
                $(#[$head_meta])* $head: $head_ty $($(= as $head_stored => $head_make)?)?
                $(, $(#[$fmeta])* $field: $ty $($(= as $stored => $make)?)?)*
            }
        }
        impl $crate::collections::Projection for $name {
            const SELECT: &'static str =
                $crate::collections::projection!(@select $table, $head $($head_column)? $(, $field $($column)?)*);
            const OF_DAYS: &'static str = concat!(
                $crate::collections::projection!(@select $table, $head $($head_column)? $(, $field $($column)?)*),
                " AND journal_date BETWEEN $1 AND $2"
            );
        }
    };
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$fmeta:meta])* $field:ident: $ty:ty $(= as $stored:ty => $make:path)?),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize)]
        pub struct $name { $($(#[$fmeta])* pub $field: $ty),+ }

        impl $crate::db::Row for $name {
            fn read(columns: &mut $crate::db::Columns<'_>) -> diesel::deserialize::Result<Self> {
                Ok(Self { $($field: $crate::collections::projection!(@read columns $(, $stored, $make)?)),+ })
            }
        }
    };
    (@read $columns:ident) => { $crate::db::next($columns)? };
    (@read $columns:ident, $stored:ty, $make:path) => { $make($crate::db::next::<$stored>($columns)?) };
    (@select $table:literal, $head:ident $($head_column:literal)? $(, $field:ident $($column:literal)?)*) => {
        concat!(
            "SELECT ", $crate::collections::projection!(@column $head $($head_column)?)
            $(, ", ", $crate::collections::projection!(@column $field $($column)?))*,
            " FROM pj.", $table, " WHERE patient_id = sec.subject() AND deleted_at IS NULL"
        )
    };
    (@column $field:ident) => { stringify!($field) };
    (@column $field:ident $column:literal) => { $column };
}
pub(crate) use projection;
