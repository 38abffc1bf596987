// The records of a database as the sync looks at them.

import { FIELDS } from '@pain-journal/sync-core'
import type { Collection, Row } from '@pain-journal/sync-core'
import type { Database, Model } from '@nozbe/watermelondb'
import * as Q from '@nozbe/watermelondb/QueryDescription/index.js'

/** A record as WatermelonDB stores it. */
export type Raw = Record<string, unknown> & { id: string; _status: string; _changed: string }

/** Changes of any collection, where the collection is only known as a name. */
export type Lists = Partial<Record<Collection, { created: Row[]; updated: Row[]; deleted: string[] }>>

export const rawOf = (record: Model): Raw => record._raw as unknown as Raw

/** The synced collections this app has a table for. */
export function syncedTables(database: Database): Collection[] {
  const known = Object.keys(FIELDS) as Collection[]
  return known.filter((name) => name in database.schema.tables)
}

/** The ids of records that were deleted here; the server has not heard of it yet. */
export function deletedHere(database: Database, name: Collection): Promise<string[]> {
  return database.adapter.getDeletedRecords(name as never) as Promise<string[]>
}

/** The records that are still to be sent, except deleted ones. */
export function editedHere(database: Database, name: Collection): Promise<Model[]> {
  return database.get(name).query(Q.where('_status', Q.oneOf(['created', 'updated']))).fetch()
}

/** How many records are still to be sent, deleted ones too. */
export async function unsent(database: Database): Promise<number> {
  let count = 0
  for (const name of syncedTables(database)) {
    count += await database.get(name).query(Q.where('_status', Q.oneOf(['created', 'updated']))).fetchCount()
    count += (await deletedHere(database, name)).length
  }
  return count
}

/** The ids of the records that count as known to the server. Of deleted ones nobody can tell. */
export function sentIds(database: Database, name: Collection): Promise<string[]> {
  return database.get(name).query(Q.where('_status', Q.notEq('created'))).fetchIds()
}

/** The cursor of the last pull; 0 before the first. */
export async function lastPulledAt(database: Database): Promise<number> {
  return Number((await database.adapter.getLocal('__watermelon_last_pulled_at')) ?? 0)
}

/** Which of these ids are records here. */
export async function known(database: Database, name: Collection, ids: string[]): Promise<Model[]> {
  const found: Model[] = []
  // SQLite takes a limited number of them in one query.
  for (let start = 0; start < ids.length; start += 500) {
    const query = database.get(name).query(Q.where('id', Q.oneOf(ids.slice(start, start + 500))))
    found.push(...(await query.fetch()))
  }
  return found
}

/** Changes the bookkeeping of a record, and nothing else: it was not edited now. */
export function mark(record: Model, status: string, changed: string): Model {
  const before = { ...rawOf(record) }
  return record.prepareUpdate(() => {
    Object.assign(rawOf(record), before, { _status: status, _changed: changed })
  })
}
