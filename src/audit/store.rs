//! The statements of the sealer: lines are read, seals added, and nothing is changed.

use super::line::AuditLine;
use super::merkle::Hash;
use super::seal::{Leaf, Seal, SealHead, Snapshot};
use crate::db::{DbError, Sealing, Statement, Tx, row};

/// Held while sealing, so that two sealers take turns. An arbitrary constant.
const TURN: i64 = 7_246_813_580;

/// Rows that are fetched at once.
const PAGE: i64 = 5_000;

row! {
    /// A seal without its lines.
    pub struct SealRow {
        number: i64,
        head: String,
        signature: Vec<u8>,
    }
}

row! {
    /// A line of a seal.
    pub struct LeafRow {
        seal: i64,
        position: i32,
        line: i64,
        hash: Vec<u8>,
    }
}

/// Is it our turn? If so, until the transaction ends.
pub(super) async fn take_turn(tx: &Tx<'_, Sealing>) -> Result<bool, DbError> {
    let take = Statement::<Sealing, (bool,)>::new("SELECT pg_try_advisory_xact_lock($1)");
    Ok(tx.first(take.bind(TURN)).await?.is_some_and(|(taken,)| taken))
}

/// Which transactions are over, as this transaction sees it, and its own number, which is higher than that of every
/// one that has begun to write.
pub(super) async fn snapshot(tx: &Tx<'_, Sealing>) -> Result<(Snapshot, i64), DbError> {
    let read = "SELECT pg_current_snapshot()::text, pg_current_xact_id()::text::bigint";
    let read = tx.first(Statement::<Sealing, (String, i64)>::new(read)).await?;
    let (text, transaction) = read.unwrap_or_default();
    let snapshot = Snapshot::parse(&text);
    let snapshot = snapshot.ok_or_else(|| DbError::Other(format!("`{text}` is no snapshot")))?;
    Ok((snapshot, transaction))
}

/// The newest seal, without its lines.
pub(super) async fn newest(tx: &Tx<'_, Sealing>) -> Result<Option<SealRow>, DbError> {
    let read = "SELECT number, head, signature FROM pj.audit_seals ORDER BY number DESC LIMIT 1";
    tx.first(Statement::new(read)).await
}

/// A line up to which every one that will ever be is in a seal, so that none below it need be looked at again: one
/// that was sealed before every transaction had ended that ran meanwhile, as the newest seal saw it, which takes the
/// lowest lines first.
pub(super) async fn settled(tx: &Tx<'_, Sealing>) -> Result<i64, DbError> {
    let read = "SELECT coalesce(least( \
            (SELECT max(k.highest) FROM pj.audit_seals k WHERE k.transaction <= n.snapshot_xmin), \
            (SELECT max(f.line) FROM pj.audit_leaves f WHERE f.seal = n.number)), 0) \
        FROM pj.audit_seals n ORDER BY n.number DESC LIMIT 1";
    let settled = tx.first(Statement::<Sealing, (i64,)>::new(read)).await?;
    Ok(settled.map_or(0, |(settled,)| settled))
}

/// Lines behind this one that are in no seal and whose transaction is over for everybody, the lowest first. Numbers
/// of transactions that this cluster has not come to are those of another one, which a backup was made of.
pub(super) async fn unsealed(
    tx: &Tx<'_, Sealing>,
    settled: i64,
    most: usize,
) -> Result<Vec<AuditLine>, DbError> {
    let read = "SELECT l.line, l.written_in, l.kind, l.at, l.request_id, l.subject, l.actor, l.task, l.share_id, \
         l.action, l.detail, l.sections, l.from_date, l.to_date, l.outcome, l.stranger, l.rev \
         FROM pj.audit_lines l, (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS xmin, \
             pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS xmax) s \
         WHERE l.line > $1 AND (l.written_in < s.xmin OR l.written_in >= s.xmax) \
           AND NOT EXISTS (SELECT FROM pj.audit_leaves f WHERE f.line = l.line) \
         ORDER BY l.line LIMIT $2";
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    tx.load(Statement::new(read).bind(settled).bind(most)).await
}

/// Adds a seal and its lines.
pub(super) async fn add(tx: &Tx<'_, Sealing>, seal: &Seal) -> Result<(), DbError> {
    let head = &seal.head;
    let insert = "INSERT INTO pj.audit_seals \
            (number, head, signature, sealed_at, highest, snapshot_xmin, transaction) \
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let insert = Statement::new(insert)
        .bind(head.number)
        .bind(head.text())
        .bind(seal.signature.clone())
        .bind(head.sealed_at)
        .bind(head.highest)
        .bind(head.snapshot.xmin)
        .bind(head.transaction);
    tx.execute(insert).await?;
    let insert = "INSERT INTO pj.audit_leaves (line, seal, position, hash) \
        SELECT u.line, $1, u.position - 1, u.hash \
        FROM unnest($2::bigint[], $3::bytea[]) WITH ORDINALITY u (line, hash, position)";
    let lines: Vec<i64> = seal.leaves.iter().map(|leaf| leaf.line).collect();
    let hashes: Vec<Vec<u8>> = seal.leaves.iter().map(|leaf| leaf.hash.to_vec()).collect();
    let insert = Statement::new(insert)
        .bind(head.number)
        .bind_many(lines.iter().map(Some))
        .bind_many(hashes.iter().map(Some));
    tx.execute(insert).await.map(drop)
}

/// Seals as the database has them: those that can be read, and the numbers of those that cannot.
pub(super) async fn seals_behind(
    tx: &Tx<'_, Sealing>,
    number: i64,
) -> Result<(Vec<Seal>, Vec<i64>), DbError> {
    let read =
        "SELECT number, head, signature FROM pj.audit_seals WHERE number > $1 ORDER BY number";
    let rows: Vec<SealRow> = tx.load(Statement::new(read).bind(number)).await?;
    let mut leaves = leaves_behind(tx, number).await?.into_iter().peekable();
    let (mut seals, mut unreadable) = (Vec::new(), Vec::new());
    for row in rows {
        let mut own = Vec::new();
        while leaves.peek().is_some_and(|leaf| leaf.seal < row.number) {
            leaves.next();
        }
        while let Some(leaf) = leaves.next_if(|leaf| leaf.seal == row.number) {
            let hash: Hash = leaf.hash.try_into().unwrap_or_default();
            own.push(Leaf { line: leaf.line, hash });
        }
        match SealHead::parse(&row.head).filter(|head| head.number == row.number) {
            Some(head) => seals.push(Seal { head, signature: row.signature, leaves: own }),
            None => unreadable.push(row.number),
        }
    }
    Ok((seals, unreadable))
}

async fn leaves_behind(tx: &Tx<'_, Sealing>, number: i64) -> Result<Vec<LeafRow>, DbError> {
    let read = "SELECT seal, position, line, hash FROM pj.audit_leaves WHERE (seal, position) > ($1, $2) \
                ORDER BY seal, position LIMIT $3";
    let (mut all, mut place) = (Vec::new(), (number, i32::MAX));
    loop {
        let next = Statement::new(read).bind(place.0).bind(place.1).bind(PAGE);
        let mut page: Vec<LeafRow> = tx.load(next).await?;
        let Some(last) = page.last() else { return Ok(all) };
        place = (last.seal, last.position);
        all.append(&mut page);
    }
}

/// Hands every line to `take`, in the order of their numbers, a page at a time.
///
/// # Errors
/// When the database fails, or `take` does.
pub async fn pages_of_lines(
    tx: &Tx<'_, Sealing>,
    mut take: impl FnMut(AuditLine) -> Result<(), String>,
) -> Result<(), String> {
    let read = "SELECT l.line, l.written_in, l.kind, l.at, l.request_id, l.subject, l.actor, l.task, l.share_id, \
         l.action, l.detail, l.sections, l.from_date, l.to_date, l.outcome, l.stranger, l.rev \
         FROM pj.audit_lines l WHERE l.line > $1 ORDER BY l.line LIMIT $2";
    let mut last = i64::MIN;
    loop {
        let next = Statement::new(read).bind(last).bind(PAGE);
        let page: Vec<AuditLine> = tx.load(next).await.map_err(|e: DbError| e.to_string())?;
        let Some(end) = page.last() else { return Ok(()) };
        last = end.line;
        for line in page {
            take(line)?;
        }
    }
}
