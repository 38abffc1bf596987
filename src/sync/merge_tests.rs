//! The merge, case by case and at random.

use super::*;
use crate::journal::HistoryOp;
use proptest::prelude::*;
use serde_json::json;

const TABLET: Uuid = Uuid::from_u128(1);
const PHONE: Uuid = Uuid::from_u128(2);

fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

fn at(seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(seconds, 0)
}

fn mark(rev: i64, device: Uuid, seconds: i64) -> Mark {
    Mark { rev, device: Some(device), edited_at: at(seconds) }
}

fn begun(mark: Mark) -> Marks {
    Marks { begun: Some(mark), ..Marks::default() }
}

/// A record of note and mood, created at 10 by the phone, its mood set to 6 at 20 by the tablet.
fn known() -> Known {
    let mut marks = begun(mark(10, PHONE, 100));
    marks.note(
        HistoryOp::Update,
        mark(20, TABLET, 200),
        &fields(json!({"mood": {"from": 5, "to": 6}})),
    );
    Known {
        fields: fields(json!({"note": "bad night", "mood": 6, "sites": []})),
        rev: 20,
        deleted: false,
        marks,
    }
}

fn sent(wish: Wish, values: Value) -> Incoming {
    Incoming { wish, fields: fields(values), changed: None, base: None, edited_at: at(300) }
}

fn by(device: Uuid, cursor: i64) -> Sender {
    Sender { device: Some(device), cursor }
}

#[test]
fn fields_that_one_side_changed_merge_silently() {
    let mut update = sent(Wish::Updated, json!({"note": "better", "mood": 5}));
    update.changed = Some(BTreeSet::from(["note".to_owned(), "updated_at".to_owned()]));
    let merged = merge(Some(&known()), &update, by(PHONE, 10));
    assert_eq!(merged.act, Act::Update(fields(json!({"note": "better", "mood": 6, "sites": []}))));
    assert_eq!(merged.named, Some(Named::Merged), "the phone still holds the old mood");
}

#[test]
fn the_last_push_wins_a_field_both_changed_and_says_so() {
    let mut update = sent(Wish::Updated, json!({"mood": 7}));
    update.changed = Some(BTreeSet::from(["mood".to_owned()]));
    let merged = merge(Some(&known()), &update, by(PHONE, 10));
    assert_eq!(merged.named, Some(Named::Conflict));
    let conflict = &merged.conflicts[0];
    assert_eq!(
        (&conflict.stands, &conflict.loses, conflict.device),
        (&json!(7), &json!(6), Some(TABLET))
    );
    let seen = merge(Some(&known()), &update, by(PHONE, 20));
    assert_eq!(
        (seen.named, seen.conflicts),
        (None, vec![]),
        "whoever has pulled the 6 may change it"
    );
}

#[test]
fn base_values_decide_where_they_are_given() {
    let mut update = sent(Wish::Updated, json!({"mood": 7, "note": "bad night"}));
    update.base = Some(fields(json!({"mood": 6, "note": "bad night"})));
    let merged = merge(Some(&known()), &update, by(PHONE, 0));
    assert_eq!((merged.named, merged.conflicts.len()), (None, 0));
    update.base = Some(fields(json!({"mood": 5, "note": "bad night"})));
    assert_eq!(merge(Some(&known()), &update, by(PHONE, 0)).named, Some(Named::Conflict));
}

#[test]
fn a_late_packet_of_the_same_device_does_not_undo_its_newer_edit() {
    let mut update = sent(Wish::Updated, json!({"mood": 3}));
    update.edited_at = at(100);
    let merged = merge(Some(&known()), &update, by(TABLET, 10));
    assert_eq!(merged.act, Act::Keep);
    assert!(merged.conflicts[0].late);
    let other = merge(Some(&known()), &update, by(PHONE, 10));
    assert_eq!(
        other.act,
        Act::Update(fields(json!({"note": "bad night", "mood": 3, "sites": []}))),
        "clocks are never compared across devices"
    );
}

#[test]
fn a_create_of_a_known_id_fills_in_and_overwrites_nothing_with_empty() {
    let replay = sent(Wish::Created, json!({"note": "bad night", "mood": 5, "sites": []}));
    let merged = merge(Some(&known()), &replay, by(PHONE, 0));
    assert_eq!(
        (merged.act, merged.named),
        (Act::Keep, Some(Named::Merged)),
        "the lost answer of the first create"
    );
    let union = sent(Wish::Created, json!({"note": null, "mood": null, "sites": ["neck"]}));
    let merged = merge(Some(&known()), &union, by(TABLET, 0));
    assert_eq!(
        merged.act,
        Act::Update(fields(json!({"note": "bad night", "mood": 6, "sites": ["neck"]})))
    );
}

#[test]
fn a_record_made_anew_has_forgotten_the_values_it_first_had() {
    let mut again = known();
    again.fields.insert("note".to_owned(), json!("new start"));
    again.marks.note(HistoryOp::Recreate, mark(30, PHONE, 250), &Fields::new());
    let replay = sent(Wish::Created, json!({"note": "new start", "mood": 6}));
    again.deleted = true;
    let merged = merge(Some(&again), &replay, by(PHONE, 0));
    assert_eq!((merged.act, merged.named), (Act::Keep, Some(Named::Deleted)));
    again.deleted = false;
    let mut late = sent(Wish::Created, json!({"note": "typed before"}));
    late.edited_at = at(240);
    let merged = merge(Some(&again), &late, by(PHONE, 0));
    assert_eq!((merged.act, merged.conflicts[0].late), (Act::Keep, true));
}

#[test]
fn edit_beats_delete_but_only_an_edit_does() {
    let tombstone = Known { deleted: true, ..known() };
    let edit = sent(Wish::Updated, json!({"note": "still hurts"}));
    let merged = merge(Some(&tombstone), &edit, by(PHONE, 10));
    assert_eq!(
        merged.act,
        Act::Resurrect(fields(json!({"note": "still hurts", "mood": 6, "sites": []})))
    );
    let idle = sent(Wish::Updated, json!({"note": "bad night"}));
    let merged = merge(Some(&tombstone), &idle, by(PHONE, 10));
    assert_eq!((merged.act, merged.named), (Act::Keep, Some(Named::Deleted)));
}

#[test]
fn a_late_create_stays_deleted_and_a_new_one_begins_anew() {
    let tombstone = Known { deleted: true, ..known() };
    let replay = sent(Wish::Created, json!({"note": "bad night", "mood": 5}));
    assert_eq!(merge(Some(&tombstone), &replay, by(PHONE, 0)).named, Some(Named::Deleted));
    let fresh = sent(Wish::Created, json!({"note": "another day"}));
    let merged = merge(Some(&tombstone), &fresh, by(PHONE, 0));
    assert_eq!(merged.act, Act::Recreate(fields(json!({"note": "another day"}))));
}

#[test]
fn a_delete_takes_no_unseen_edit_with_it() {
    let delete = sent(Wish::Deleted, json!({}));
    assert_eq!(merge(Some(&known()), &delete, by(PHONE, 10)).named, Some(Named::Kept));
    assert_eq!(merge(Some(&known()), &delete, by(PHONE, 20)).act, Act::Delete);
    assert_eq!(merge(Some(&known()), &delete, by(TABLET, 10)).act, Act::Delete, "its own edit");
    let mut based = delete.clone();
    based.base = Some(fields(json!({"mood": 5})));
    assert_eq!(merge(Some(&known()), &based, by(PHONE, 20)).named, Some(Named::Kept));
    assert_eq!(merge(None, &delete, by(PHONE, 0)).act, Act::Keep);
}

fn a_value() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), (0..4_i64).prop_map(Value::from)]
}

fn some_fields() -> impl Strategy<Value = Fields> {
    (a_value(), a_value(), a_value()).prop_map(|(a, b, c)| fields(json!({"a": a, "b": b, "c": c})))
}

fn a_device() -> impl Strategy<Value = Uuid> {
    prop_oneof![Just(TABLET), Just(PHONE)]
}

/// A record with a history that leads to its present values.
fn a_known() -> impl Strategy<Value = Known> {
    let step = (0..3_usize, 0..4_i64, a_device(), 0..500_i64);
    (some_fields(), proptest::collection::vec(step, 0..6), any::<bool>()).prop_map(
        |(born, steps, deleted)| {
            let marks = begun(mark(1, PHONE, 0));
            let mut known = Known { fields: born, rev: 1, deleted, marks };
            for (field, value, device, seconds) in steps {
                let name = ["a", "b", "c"][field].to_owned();
                let before = known.fields.insert(name.clone(), json!(value)).unwrap_or_default();
                known.rev += 1;
                let changes = Fields::from_iter([(name, json!({"from": before, "to": value}))]);
                known.marks.note(HistoryOp::Update, mark(known.rev, device, seconds), &changes);
            }
            known
        },
    )
}

fn an_incoming() -> impl Strategy<Value = Incoming> {
    let wish = prop_oneof![Just(Wish::Created), Just(Wish::Updated), Just(Wish::Deleted)];
    (wish, some_fields(), proptest::option::of(some_fields()), 0..500_i64).prop_map(
        |(wish, fields, base, s)| {
            let fields = if wish == Wish::Deleted { Fields::new() } else { fields };
            Incoming { wish, fields, changed: None, base, edited_at: at(s) }
        },
    )
}

/// The record after the verdict, as the writer would leave it.
fn after(known: &Known, incoming: &Incoming, sender: Sender, merged: &Merged) -> Known {
    let mut next = known.clone();
    match &merged.act {
        Act::Keep => {}
        Act::Delete => {
            next.rev += 1;
            next.deleted = true;
        }
        Act::Create(fields)
        | Act::Update(fields)
        | Act::Resurrect(fields)
        | Act::Recreate(fields) => {
            next.rev += 1;
            next.deleted = false;
            let changes: Fields = fields
                .iter()
                .filter(|(n, v)| known.fields.get(*n) != Some(v))
                .map(|(n, v)| (n.clone(), json!({"from": known.fields.get(n), "to": v})))
                .collect();
            let mark = Mark { rev: next.rev, device: sender.device, edited_at: incoming.edited_at };
            let op = match merged.act {
                Act::Recreate(_) => HistoryOp::Recreate,
                Act::Resurrect(_) => HistoryOp::Resurrect,
                _ => HistoryOp::Update,
            };
            next.marks.note(op, mark, &changes);
            next.fields.clone_from(fields);
        }
    }
    next
}

proptest! {
    /// The same push again, by the same device that has not pulled since, changes nothing.
    #[test]
    fn repeats_change_nothing(known in a_known(), incoming in an_incoming(), device in a_device(), cursor in 0..8_i64) {
        let sender = by(device, cursor);
        let once = merge(Some(&known), &incoming, sender);
        let then = after(&known, &incoming, sender, &once);
        let twice = merge(Some(&then), &incoming, sender);
        let end = after(&then, &incoming, sender, &twice);
        prop_assert_eq!(then.fields, end.fields);
        prop_assert_eq!(then.deleted, end.deleted);
    }

    /// A value that loses is named in the answer: overwritten, or kept out.
    #[test]
    fn no_value_goes_unnamed(known in a_known(), incoming in an_incoming(), device in a_device(), cursor in 0..8_i64) {
        let sender = by(device, cursor);
        let merged = merge(Some(&known), &incoming, sender);
        let end = after(&known, &incoming, sender, &merged);
        let stands_as_sent = incoming.fields.iter().all(|(n, v)| end.fields.get(n) == Some(v)) && !end.deleted;
        if incoming.wish != Wish::Deleted && !stands_as_sent {
            prop_assert!(merged.named.is_some());
        }
        if incoming.wish == Wish::Deleted && !end.deleted {
            prop_assert_eq!(merged.named, Some(Named::Kept));
        }
    }

    /// A delete never removes a record that another device has edited since the cursor.
    #[test]
    fn unseen_edits_survive_a_delete(known in a_known(), cursor in 0..8_i64) {
        let delete = sent(Wish::Deleted, json!({}));
        let merged = merge(Some(&known), &delete, by(PHONE, cursor));
        let unseen = known.marks().any(|m| m.rev > cursor && m.device == Some(TABLET));
        if unseen && !known.deleted {
            prop_assert_eq!(merged.act, Act::Keep);
        }
    }
}
