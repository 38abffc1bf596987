//! The merge, case by case and at random.

use super::super::known::{ChangeMark, Known, Marks};
use super::*;
use crate::journal::HistoryOp;
use proptest::prelude::*;
use serde_json::json;
use std::borrow::Cow;

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

fn mark(rev: i64, device: Uuid, seconds: i64) -> ChangeMark {
    ChangeMark { rev, device: Some(device), edited_at: at(seconds) }
}

/// A record of note and mood, created at 10 by the phone, its mood set to 6 at 20 by the tablet.
fn known() -> Known<'static> {
    let mut marks = Marks::default();
    marks.note(HistoryOp::Create, mark(10, PHONE, 100), &Fields::new());
    let change = fields(json!({"mood": {"from": 5, "to": 6}}));
    marks.note(HistoryOp::Update, mark(20, TABLET, 200), &change);
    Known {
        fields: fields(json!({"note": "bad night", "mood": 6, "sites": []})),
        deleted: false,
        marks: Cow::Owned(marks),
    }
}

/// The same, deleted at 30 by this device.
fn deleted_by(device: Uuid) -> Known<'static> {
    let mut known = known();
    known.marks.to_mut().note(HistoryOp::Delete, mark(30, device, 250), &Fields::new());
    Known { deleted: true, ..known }
}

fn sent(wish: Wish, values: Value) -> Incoming {
    Incoming {
        wish,
        fields: fields(values),
        changed: None,
        base: None,
        saw_tombstone: false,
        seen: None,
        undelete: false,
        edited_at: at(300),
    }
}

fn by(device: Uuid, cursor: i64) -> Sender {
    Sender { device: Some(device), cursor, head: 1000 }
}

fn lost(merged: &Merged) -> Vec<(&str, Value, Loss)> {
    let lost = merged.conflicts.iter();
    lost.map(|c| (c.field.as_str(), c.loses.clone(), c.loss)).collect()
}

#[test]
fn fields_that_one_side_changed_merge_silently() {
    let mut update = sent(Wish::Updated, json!({"note": "better", "mood": 5}));
    update.changed = Some(BTreeSet::from(["note".to_owned(), "updated_at".to_owned()]));
    let merged = merge(Some(&known()), &update, by(PHONE, 10));
    assert_eq!(merged.act, Act::Update(fields(json!({"note": "better", "mood": 6, "sites": []}))));
    assert_eq!(merged.result, Some(RecordResult::Merged), "the phone still holds the old mood");
}

#[test]
fn the_last_push_wins_a_field_both_changed_and_says_so() {
    let mut update = sent(Wish::Updated, json!({"mood": 7}));
    update.changed = Some(BTreeSet::from(["mood".to_owned()]));
    let merged = merge(Some(&known()), &update, by(PHONE, 10));
    assert_eq!(merged.result, Some(RecordResult::Conflict));
    let conflict = &merged.conflicts[0];
    assert_eq!(
        (&conflict.stands, &conflict.loses, conflict.device),
        (&json!(7), &json!(6), Some(TABLET))
    );
    let seen = merge(Some(&known()), &update, by(PHONE, 20));
    assert_eq!(
        (seen.result, seen.conflicts),
        (None, vec![]),
        "whoever has pulled the 6 may change it"
    );
}

#[test]
fn what_the_device_had_pulled_when_it_edited_counts_and_not_what_it_has_pulled_since() {
    let mut update = sent(Wish::Updated, json!({"mood": 7}));
    update.seen = Some(19);
    let merged = merge(Some(&known()), &update, by(PHONE, 40));
    assert_eq!(lost(&merged), [("mood", json!(6), Loss::Overwritten)], "pull first, then push");
    update.seen = Some(20);
    assert_eq!(merge(Some(&known()), &update, by(PHONE, 0)).result, None);
    // Values tell more, field by field.
    update.fields.insert("note".to_owned(), json!("by the tablet, unseen"));
    update.base = Some(fields(json!({"mood": 6})));
    update.seen = Some(5);
    let merged = merge(Some(&known()), &update, by(TABLET, 40));
    assert_eq!(lost(&merged), [("note", json!("bad night"), Loss::Overwritten)]);
    let mut delete = sent(Wish::Deleted, json!({}));
    delete.seen = Some(19);
    assert_eq!(merge(Some(&known()), &delete, by(PHONE, 40)).result, Some(RecordResult::Kept));
    delete.seen = Some(20);
    assert_eq!(merge(Some(&known()), &delete, by(PHONE, 0)).act, Act::Delete);
}

#[test]
fn base_values_decide_where_they_are_given() {
    let mut update = sent(Wish::Updated, json!({"mood": 7, "note": "bad night"}));
    update.base = Some(fields(json!({"mood": 6, "note": "bad night"})));
    let merged = merge(Some(&known()), &update, by(PHONE, 0));
    assert_eq!((merged.result, merged.conflicts.len()), (None, 0));
    update.base = Some(fields(json!({"mood": 5, "note": "bad night"})));
    assert_eq!(merge(Some(&known()), &update, by(PHONE, 0)).result, Some(RecordResult::Conflict));
}

#[test]
fn a_late_packet_of_the_same_device_does_not_undo_its_newer_edit() {
    let mut update = sent(Wish::Updated, json!({"mood": 3}));
    update.edited_at = at(100);
    let merged = merge(Some(&known()), &update, by(TABLET, 10));
    assert_eq!(merged.act, Act::Keep);
    assert_eq!(lost(&merged), [("mood", json!(3), Loss::Late)]);
    let other = merge(Some(&known()), &update, by(PHONE, 10));
    assert_eq!(
        other.act,
        Act::Update(fields(json!({"note": "bad night", "mood": 3, "sites": []}))),
        "clocks are never compared across devices"
    );
}

#[test]
fn a_device_that_has_not_pulled_its_own_edit_back_is_in_no_conflict_with_itself() {
    let update = sent(Wish::Updated, json!({"mood": 3}));
    let merged = merge(Some(&known()), &update, by(TABLET, 10));
    assert_eq!((merged.result, merged.conflicts), (None, vec![]));
    // Where its clock cannot tell, it is told; but for the changes of one push, which have an order.
    let timeless = Incoming { edited_at: None, ..update };
    assert_eq!(lost(&merge(Some(&known()), &timeless, by(TABLET, 10))).len(), 1);
    let same_push = Sender { head: 19, ..by(TABLET, 10) };
    assert_eq!(merge(Some(&known()), &timeless, same_push).conflicts, []);
    // What it made the record with it has seen, whatever its clock says now.
    let mut set_back = sent(Wish::Updated, json!({"note": "typed with an old clock"}));
    set_back.edited_at = at(1);
    let merged = merge(Some(&known()), &set_back, by(PHONE, 0));
    assert_eq!((merged.result, merged.conflicts), (None, vec![]));
}

#[test]
fn a_create_of_a_known_id_fills_in_and_overwrites_nothing_with_empty() {
    let replay = sent(Wish::Created, json!({"note": "bad night", "mood": 5, "sites": []}));
    let merged = merge(Some(&known()), &replay, by(PHONE, 0));
    assert_eq!(
        (merged.act, merged.result),
        (Act::Keep, Some(RecordResult::Merged)),
        "the lost answer of the first create"
    );
    let union = sent(Wish::Created, json!({"note": null, "mood": null, "sites": ["neck"]}));
    let merged = merge(Some(&known()), &union, by(TABLET, 0));
    assert_eq!(
        merged.act,
        Act::Update(fields(json!({"note": "bad night", "mood": 6, "sites": ["neck"]})))
    );
    assert_eq!(merged.conflicts, [], "nobody had filled the sites in");
}

#[test]
fn two_devices_that_make_the_same_record_are_told_what_lost() {
    let theirs = sent(Wish::Created, json!({"note": "good night", "mood": null}));
    // The cursor of the push may have passed the other record: it says nothing of what a new one saw.
    for cursor in [0, 10, 500] {
        let merged = merge(Some(&known()), &theirs, by(TABLET, cursor));
        assert_eq!(merged.result, Some(RecordResult::Conflict));
        assert_eq!(lost(&merged), [("note", json!("bad night"), Loss::Overwritten)]);
        let conflict = &merged.conflicts[0];
        assert_eq!((conflict.device, conflict.edited_at), (Some(PHONE), at(100)));
        let stands = json!({"note": "good night", "mood": 6, "sites": []});
        assert_eq!(merged.act, Act::Update(fields(stands)));
    }
    for edited_at in [at(300), None] {
        let own = Incoming { edited_at, ..theirs.clone() };
        let merged = merge(Some(&known()), &own, by(PHONE, 0));
        assert_eq!(merged.conflicts, [], "the device that made it stays quiet");
    }
    let mut seen = theirs;
    seen.seen = Some(10);
    assert_eq!(merge(Some(&known()), &seen, by(TABLET, 0)).conflicts, []);
}

#[test]
fn a_record_made_anew_has_forgotten_the_values_it_first_had() {
    let mut again = known();
    again.fields.insert("note".to_owned(), json!("new start"));
    let change = fields(json!({"note": {"from": "bad night", "to": "new start"}}));
    again.marks.to_mut().note(HistoryOp::Recreate, mark(30, PHONE, 250), &change);
    let replay = sent(Wish::Created, json!({"note": "new start", "mood": 6}));
    again.deleted = true;
    let merged = merge(Some(&again), &replay, by(PHONE, 0));
    assert_eq!((merged.act, merged.result), (Act::Keep, Some(RecordResult::Deleted)));
    again.deleted = false;
    let mut late = sent(Wish::Created, json!({"note": "typed before"}));
    late.edited_at = at(240);
    let merged = merge(Some(&again), &late, by(PHONE, 0));
    assert_eq!((&merged.act, lost(&merged)[0].2), (&Act::Keep, Loss::Late));
}

#[test]
fn edit_beats_delete_but_only_an_edit_does() {
    let tombstone = deleted_by(TABLET);
    let edit = sent(Wish::Updated, json!({"note": "still hurts"}));
    let merged = merge(Some(&tombstone), &edit, by(PHONE, 10));
    assert_eq!(
        merged.act,
        Act::Resurrect(fields(json!({"note": "still hurts", "mood": 6, "sites": []})))
    );
    let idle = sent(Wish::Updated, json!({"note": "bad night"}));
    let merged = merge(Some(&tombstone), &idle, by(PHONE, 10));
    assert_eq!((merged.act, merged.result), (Act::Keep, Some(RecordResult::Deleted)));
    // What the tombstone last held and the phone had not seen is named, too.
    let edit = sent(Wish::Updated, json!({"mood": 1}));
    let merged = merge(Some(&tombstone), &edit, by(PHONE, 10));
    assert_eq!(merged.result, Some(RecordResult::Resurrected));
    assert_eq!(lost(&merged), [("mood", json!(6), Loss::Overwritten)]);
}

#[test]
fn a_tombstone_comes_back_with_its_last_values_where_it_is_asked_back() {
    let tombstone = deleted_by(TABLET);
    let last = json!({"note": "bad night", "mood": 6, "sites": []});
    for wish in [Wish::Updated, Wish::Created] {
        for (values, stands) in [
            (json!({}), last.clone()),
            (json!({"note": "bad night", "mood": 6}), last.clone()),
            (json!({"mood": 2}), json!({"note": "bad night", "mood": 2, "sites": []})),
        ] {
            let mut back = sent(wish, values);
            back.undelete = true;
            let merged = merge(Some(&tombstone), &back, by(PHONE, 40));
            assert_eq!(merged.act, Act::Resurrect(fields(stands)), "{wish:?}");
            assert_eq!(merged.result, Some(RecordResult::Resurrected));
            let live = merge(Some(&known()), &back, by(PHONE, 40));
            assert!(!matches!(live.act, Act::Resurrect(_)), "on a live record it is an edit");
        }
    }
    let mut reinserted = sent(Wish::Updated, json!({"note": "bad night"}));
    reinserted.saw_tombstone = true;
    let merged = merge(Some(&tombstone), &reinserted, by(PHONE, 0));
    assert_eq!(merged.act, Act::Resurrect(fields(last)), "RxDB: its base was a tombstone");
}

#[test]
fn a_late_create_stays_deleted_and_a_new_one_begins_anew() {
    let tombstone = deleted_by(TABLET);
    let replay = sent(Wish::Created, json!({"note": "bad night", "mood": 5}));
    assert_eq!(merge(Some(&tombstone), &replay, by(PHONE, 0)).result, Some(RecordResult::Deleted));
    assert_eq!(merge(Some(&tombstone), &replay, by(PHONE, 29)).result, Some(RecordResult::Deleted));
    let fresh = sent(Wish::Created, json!({"note": "another day"}));
    let merged = merge(Some(&tombstone), &fresh, by(PHONE, 0));
    assert_eq!(merged.act, Act::Recreate(fields(json!({"note": "another day"}))));
}

#[test]
fn a_create_over_a_tombstone_that_the_device_has_seen_is_a_new_life() {
    let tombstone = deleted_by(TABLET);
    let same = sent(Wish::Created, json!({"note": "bad night", "mood": 5}));
    let anew = Act::Recreate(same.fields.clone());
    assert_eq!(merge(Some(&tombstone), &same, by(PHONE, 30)).act, anew);
    let told = |seen| Incoming { seen: Some(seen), ..same.clone() };
    assert_eq!(merge(Some(&tombstone), &told(30), by(PHONE, 0)).act, anew);
    assert_eq!(merge(Some(&tombstone), &told(29), by(PHONE, 500)).act, Act::Keep);
    let saw = Incoming { saw_tombstone: true, ..same.clone() };
    assert_eq!(merge(Some(&tombstone), &saw, by(PHONE, 0)).act, anew);
    // A device has seen its own delete. Its clock tells a new entry from a late copy of the first one.
    let own = deleted_by(PHONE);
    assert_eq!(merge(Some(&own), &same, by(PHONE, 0)).act, anew);
    for edited_at in [at(100), None] {
        let copy = Incoming { edited_at, ..same.clone() };
        assert_eq!(merge(Some(&own), &copy, by(PHONE, 0)).act, Act::Keep);
    }
    assert_eq!(
        merge(Some(&deleted_by(TABLET)), &same, by(TABLET, 0)).act,
        anew,
        "it had not made it"
    );
}

#[test]
fn a_delete_takes_no_unseen_edit_with_it() {
    let delete = sent(Wish::Deleted, json!({}));
    assert_eq!(merge(Some(&known()), &delete, by(PHONE, 10)).result, Some(RecordResult::Kept));
    assert_eq!(merge(Some(&known()), &delete, by(PHONE, 20)).act, Act::Delete);
    assert_eq!(merge(Some(&known()), &delete, by(TABLET, 10)).act, Act::Delete, "its own edit");
    assert_eq!(
        merge(Some(&known()), &delete, by(TABLET, 9)).result,
        Some(RecordResult::Kept),
        "unseen"
    );
    let mut based = delete.clone();
    based.base = Some(fields(json!({"mood": 5})));
    assert_eq!(merge(Some(&known()), &based, by(PHONE, 20)).result, Some(RecordResult::Kept));
    assert_eq!(merge(Some(&known()), &based, by(TABLET, 20)).act, Act::Delete, "its own edit");
    based.base = Some(fields(json!({"note": "bad night"})));
    assert_eq!(merge(Some(&known()), &based, by(PHONE, 0)).act, Act::Delete);
    based.seen = Some(19);
    assert_eq!(merge(Some(&known()), &based, by(PHONE, 500)).result, Some(RecordResult::Kept));
    assert_eq!(merge(None, &delete, by(PHONE, 0)).act, Act::Keep);
    // Brought back without an edit: whoever deletes it without having seen that means the old record.
    let mut back = known();
    back.marks.to_mut().note(HistoryOp::Resurrect, mark(40, TABLET, 0), &Fields::new());
    assert_eq!(merge(Some(&back), &delete, by(PHONE, 39)).result, Some(RecordResult::Kept));
    assert_eq!(merge(Some(&back), &delete, by(PHONE, 40)).act, Act::Delete);
}

#[test]
fn what_was_typed_into_a_record_before_its_delete_is_kept() {
    let typed = sent(Wish::Deleted, json!({"note": "typed", "mood": 6, "sites": []}));
    let kept = [("note", json!("typed"), Loss::WithDelete)];
    let merged = merge(Some(&known()), &typed, by(PHONE, 20));
    assert_eq!((&merged.act, merged.result, lost(&merged)), (&Act::Delete, None, kept.to_vec()));
    let merged = merge(Some(&known()), &typed, by(PHONE, 10));
    assert_eq!((merged.result, lost(&merged)), (Some(RecordResult::Kept), kept.to_vec()));
    let merged = merge(Some(&deleted_by(TABLET)), &typed, by(PHONE, 10));
    assert_eq!((&merged.act, merged.result, lost(&merged)), (&Act::Keep, None, kept.to_vec()));
    let mut based = typed;
    based.base = Some(fields(json!({"note": "typed"})));
    assert_eq!(merge(Some(&known()), &based, by(PHONE, 20)).conflicts, [], "an old copy");
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
fn a_known() -> impl Strategy<Value = Known<'static>> {
    let step = (0..3_usize, 0..4_i64, a_device(), 0..500_i64);
    (some_fields(), a_device(), proptest::collection::vec(step, 0..6), any::<bool>()).prop_map(
        |(mut fields, maker, steps, deleted)| {
            let mut marks = Marks::default();
            marks.note(HistoryOp::Create, mark(1, maker, 0), &Fields::new());
            let mut rev = 1;
            for (field, value, device, seconds) in steps {
                let name = ["a", "b", "c"][field].to_owned();
                let before = fields.insert(name.clone(), json!(value)).unwrap_or_default();
                rev += 1;
                let changes = Fields::from_iter([(name, json!({"from": before, "to": value}))]);
                marks.note(HistoryOp::Update, mark(rev, device, seconds), &changes);
            }
            if deleted {
                marks.note(HistoryOp::Delete, mark(rev + 1, maker, 0), &Fields::new());
            }
            Known { fields, deleted, marks: Cow::Owned(marks) }
        },
    )
}

fn an_incoming() -> impl Strategy<Value = Incoming> {
    let wish = prop_oneof![Just(Wish::Created), Just(Wish::Updated), Just(Wish::Deleted)];
    let base = proptest::option::of(some_fields());
    (wish, some_fields(), base, proptest::option::of(0..8_i64), any::<bool>(), 0..500_i64).prop_map(
        |(wish, fields, base, seen, undelete, seconds)| Incoming {
            wish,
            fields,
            changed: None,
            base,
            saw_tombstone: false,
            seen,
            undelete: undelete && wish != Wish::Deleted,
            edited_at: at(seconds),
        },
    )
}

/// The record after the verdict, as the writer would leave it.
pub(super) fn after(
    known: &Known<'_>,
    incoming: &Incoming,
    sender: Sender,
    act: &Act,
    rev: i64,
) -> Known<'static> {
    let mut next = Known {
        fields: known.fields.clone(),
        deleted: known.deleted,
        marks: Cow::Owned(known.marks.clone().into_owned()),
    };
    let (op, fields) = match act {
        Act::Keep => return next,
        Act::Delete => (HistoryOp::Delete, known.fields.clone()),
        Act::Create(fields) => (HistoryOp::Create, fields.clone()),
        Act::Update(fields) => (HistoryOp::Update, fields.clone()),
        Act::Resurrect(fields) => (HistoryOp::Resurrect, fields.clone()),
        Act::Recreate(fields) => (HistoryOp::Recreate, fields.clone()),
    };
    let names: BTreeSet<&String> = fields.keys().chain(known.fields.keys()).collect();
    let changes: Fields = names
        .into_iter()
        .filter(|name| known.fields.get(*name) != fields.get(*name))
        .map(|name| (name.clone(), json!({"from": known.value(name), "to": fields.get(name)})))
        .collect();
    let (device, edited_at) = (sender.device, incoming.edited_at);
    next.marks.to_mut().note(op, ChangeMark { rev, device, edited_at }, &changes);
    next.deleted = op == HistoryOp::Delete;
    next.fields = fields;
    next
}

proptest! {
    /// The same push again, by the same device that has not pulled since, changes nothing.
    #[test]
    fn repeats_change_nothing(known in a_known(), incoming in an_incoming(), device in a_device(), cursor in 0..8_i64) {
        let sender = Sender { head: 8, ..by(device, cursor) };
        let once = merge(Some(&known), &incoming, sender);
        let then = after(&known, &incoming, sender, &once.act, 9);
        let twice = merge(Some(&then), &incoming, sender);
        let end = after(&then, &incoming, sender, &twice.act, 10);
        prop_assert_eq!(then.fields, end.fields);
        prop_assert_eq!(then.deleted, end.deleted);
    }

    /// A value that loses is named in the answer: overwritten, or kept out.
    #[test]
    fn no_value_goes_unnamed(known in a_known(), incoming in an_incoming(), device in a_device(), cursor in 0..8_i64) {
        let sender = Sender { head: 8, ..by(device, cursor) };
        let merged = merge(Some(&known), &incoming, sender);
        let end = after(&known, &incoming, sender, &merged.act, 9);
        let stands_as_sent = incoming.fields.iter().all(|(n, v)| end.fields.get(n) == Some(v)) && !end.deleted;
        if incoming.wish != Wish::Deleted && !stands_as_sent {
            prop_assert!(merged.result.is_some());
        }
        if incoming.wish == Wish::Deleted && !end.deleted {
            prop_assert_eq!(merged.result, Some(RecordResult::Kept));
        }
    }

    /// A delete never removes a record that another device has edited since what was seen.
    #[test]
    fn unseen_edits_survive_a_delete(known in a_known(), cursor in 0..8_i64, seen in proptest::option::of(0..8_i64)) {
        let mut delete = sent(Wish::Deleted, json!({}));
        delete.seen = seen;
        let merged = merge(Some(&known), &delete, by(PHONE, cursor));
        let pulled = seen.unwrap_or(cursor);
        let unseen = known.marks.fields.values().any(|m| m.rev > pulled && m.device == Some(TABLET));
        if unseen && !known.deleted {
            prop_assert_eq!(merged.act, Act::Keep);
        }
    }
}
