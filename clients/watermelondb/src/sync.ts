// The way between a WatermelonDB and the server. The wire is WatermelonDB's own; what is added here
// keeps unsynced typing alive in the places where synchronize() alone would drop it.

import { FIELDS, SyncError } from '@pain-journal/sync-core'
import type { Api, Changes, Collection, PulledChanges, RejectedRecord, Row, SyncedRecord } from '@pain-journal/sync-core'
import type { Database, Model } from '@nozbe/watermelondb'
import * as Q from '@nozbe/watermelondb/QueryDescription'
import { synchronize } from '@nozbe/watermelondb/sync'
import type { SyncLog, SyncTableChangeSet } from '@nozbe/watermelondb/sync'
import { keepIds } from './ids.js'

/** What to sync, and who wants to hear of it. */
export interface SyncOptions {
  database: Database
  api: Api
  /** Records the server did not accept. They stay on the device, unsynced, until they are fixed. */
  onRejected?: (rejected: RejectedRecord[]) => void
  /** Records that stand otherwise than they were sent. The next pull brings them. */
  onMerged?: (records: SyncedRecord[]) => void
  /** See WatermelonDB's migration syncs. */
  migrationsEnabledAtVersion?: number
  log?: SyncLog
}

type Pulled = Partial<Record<Collection, PulledChanges>>
type Raw = Record<string, unknown> & { id: string; _status: string; _changed: string }

const TIMES: ReadonlySet<string> = new Set(['created_at', 'updated_at'])

const queues = new WeakMap<Database, { running: Promise<void>; next?: Promise<void> }>()

/**
 * Syncs. May be called at any time: while a sync is running, all further calls share the one that
 * follows it.
 */
export function sync(options: SyncOptions): Promise<void> {
  const queue = queues.get(options.database)
  if (!queue) return start(options)
  queue.next ??= queue.running.then(
    () => start(options),
    () => start(options),
  )
  return queue.next
}

function start(options: SyncOptions): Promise<void> {
  const queue: { running: Promise<void>; next?: Promise<void> } = {
    running: run(options).finally(() => {
      if (queues.get(options.database) === queue && !queue.next) queues.delete(options.database)
    }),
  }
  queues.set(options.database, queue)
  return queue.running
}

async function run({ database, api, onRejected, onMerged, migrationsEnabledAtVersion, log }: SyncOptions): Promise<void> {
  const collections = syncedTables(database)
  await keepIds(database, collections)
  await synchronize({
    database,
    sendCreatedAsUpdated: true,
    ...(migrationsEnabledAtVersion === undefined ? {} : { migrationsEnabledAtVersion }),
    ...(log ? { log } : {}),
    // WatermelonDB keeps the local value of fields it knows to be changed. Of a record that is still
    // new here it knows none, and would take the server's copy whole.
    conflictResolver: (_table, local: Partial<Raw>, _remote, resolved: Partial<Raw>) => {
      if (local._status === 'created') {
        for (const [name, value] of Object.entries(local)) {
          if (name !== 'id' && !name.startsWith('_') && value !== null) resolved[name] = value
        }
      }
      return resolved
    },
    pullChanges: async ({ lastPulledAt, migration }) => {
      try {
        const pulled = await api.pullAll({ cursor: lastPulledAt ?? 0, collections, migration })
        await spareEdits(database, pulled.changes)
        return { changes: whole(pulled.changes), timestamp: pulled.timestamp }
      } catch (error) {
        if (!(error instanceof SyncError) || !error.resync) throw error
        const purged = error.problem['reason'] === 'tombstones_purged'
        const pulled = await api.pullAll({ cursor: 0, collections, tombstones: true })
        await offerBack(database, collections, pulled.changes, purged)
        await spareEdits(database, pulled.changes)
        return {
          changes: whole(pulled.changes),
          timestamp: pulled.timestamp,
          // WatermelonDB knows the option; its type does not.
          ...({ experimentalStrategy: 'replacement' } as object),
        }
      }
    },
    pushChanges: async ({ changes, lastPulledAt }) => {
      const pushed: Record<string, SyncTableChangeSet | undefined> = { ...changes }
      const out: Changes = {}
      for (const name of collections) {
        const lists = pushed[name]
        if (!lists) continue
        const rows = (raws: object[]): Row[] => raws.map((raw) => outgoing(name, raw as Raw))
        out[name] = { created: rows(lists.created), updated: rows(lists.updated), deleted: [...lists.deleted] }
      }
      const result = await api.push(out, lastPulledAt)
      if (result.records.length) onMerged?.(result.records)
      if (!result.rejected.length) return {}
      onRejected?.(result.rejected)
      const ids: Record<string, string[]> = {}
      for (const { collection, id } of result.rejected) (ids[collection] ??= []).push(id)
      return { experimentalRejectedIds: ids }
    },
  })
}

/** The synced collections this app has a table for. */
function syncedTables(database: Database): Collection[] {
  const known = Object.keys(FIELDS) as Collection[]
  return known.filter((name) => name in database.schema.tables)
}

/** A record without the columns an app keeps for itself. */
function outgoing(name: Collection, raw: Raw): Row {
  const row: Record<string, unknown> = { _status: raw._status, _changed: raw._changed }
  for (const field of FIELDS[name]) {
    // These two cannot be null here: 0 is a time that the app's model does not keep.
    const unset = raw[field] === undefined || (TIMES.has(field) && raw[field] === 0)
    if (!unset) row[field] = raw[field]
  }
  return { ...row, id: raw.id }
}

const whole = (changes: Pulled): Record<string, PulledChanges> =>
  Object.fromEntries(Object.entries(changes).filter(([, lists]) => lists !== undefined))

const rawOf = (record: Model): Raw => record._raw as unknown as Raw

/** Keeps records that were deleted elsewhere and edited here: the push brings them back. */
async function spareEdits(database: Database, changes: Pulled): Promise<void> {
  for (const [name, lists] of Object.entries(changes)) {
    if (!lists.deleted.length) continue
    const query = database.get(name).query(Q.where('id', Q.oneOf(lists.deleted)))
    const edited = (await query.fetch()).filter((record) => rawOf(record)._status !== 'synced')
    const ids = new Set(edited.map((record) => record.id))
    lists.deleted = lists.deleted.filter((id) => !ids.has(id))
  }
}

/**
 * After the server has lost its newest changes (a restored backup): marks for the next push what
 * this device still holds and the server does not: records it does not know, later edits of records
 * it knows, and edits not yet sent. `changes` is everything the server has.
 */
async function offerBack(database: Database, collections: Collection[], changes: Pulled, purged: boolean): Promise<void> {
  await database.write(async () => {
    const held = new Map<Collection, Model[]>()
    for (const name of collections) held.set(name, await database.get(name).query().fetch())
    // From here on at one go: WatermelonDB wants prepared records at once.
    const marked: Model[] = []
    for (const [name, records] of held) {
      const lists = changes[name]
      const live = new Map((lists?.updated ?? []).map((row) => [row.id, row]))
      const gone = new Set(lists?.deleted)
      for (const record of records) {
        const raw = rawOf(record)
        const row = live.get(record.id)
        if (row) {
          const newer = Number(raw['updated_at'] ?? 0) > Number(row['updated_at'] ?? 0)
          if (raw._status === 'created' || purged || !newer) continue
          // Also of a record with edits to send: what was acknowledged before them may be lost as well.
          const edits = raw._changed ? raw._changed.split(',') : []
          const differs = FIELDS[name].filter((field) => raw[field] !== row[field])
          marked.push(mark(record, 'updated', [...new Set([...edits, ...differs])].join(',')))
        } else if (raw._status === 'updated' || (raw._status === 'synced' && !purged && !gone.has(record.id))) {
          marked.push(mark(record, 'created', ''))
        }
      }
    }
    await database.batch(marked)
  })
}

/** Changes the bookkeeping of a record, and nothing else: it was not edited now. */
function mark(record: Model, status: string, changed: string): Model {
  const before = { ...rawOf(record) }
  return record.prepareUpdate(() => {
    Object.assign(rawOf(record), before, { _status: status, _changed: changed })
  })
}
