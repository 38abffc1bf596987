// The way between a WatermelonDB and the server. The wire is WatermelonDB's own; what is added here
// keeps unsynced typing alive in the places where synchronize() alone would drop it, names what lost a
// conflict, and keeps the journals of two people on one device apart.

import { SyncError, tell } from '@pain-journal/sync-core'
import type { Api, Callbacks, Changes, Collection, Monitor, Pulled, PushResult, RejectedRecord, Row, SyncedRecord, Values } from '@pain-journal/sync-core'
import type { Database } from '@nozbe/watermelondb'
import { synchronize } from '@nozbe/watermelondb/sync/index.js'
import type { SyncLog, SyncTableChangeSet } from '@nozbe/watermelondb/sync/index.js'
import { keepIds } from './ids.js'
import { load, placeOf } from './kept.js'
import type { Place } from './kept.js'
import { offerBack, spareEdits } from './offer.js'
import { bind, otherAccount } from './owner.js'
import { lastPulledAt, syncedTables } from './records.js'
import type { Lists, Raw } from './records.js'
import { outgoing } from './rows.js'
import { Seen } from './seen.js'
import { inTurn, shared } from './turn.js'
import { outboxOf, settle } from './unanswered.js'

/** What to sync, and who wants to hear of it. */
export interface SyncOptions extends Callbacks {
  database: Database
  api: Api
  /** Collects for a user interface what the sync tells. */
  monitor?: Monitor
  /** Takes a database of before databases had owners for the account that is signed in, unseen. */
  adopt?: boolean
  /** See WatermelonDB's migration syncs. */
  migrationsEnabledAtVersion?: number
  log?: SyncLog
}

/**
 * Syncs. May be called at any time: while a sync is running, all further calls share the one that
 * follows it. Fails with `OtherAccountError` or `UnboundError`, with nothing read and nothing sent, when
 * the database is not the signed-in account's.
 */
export function sync(options: SyncOptions): Promise<void> {
  return shared(options.database, () => run(options))
}

/**
 * Brings a deleted record back with its last values, and with these. Needs the network. Answers what the
 * server made of it.
 */
export async function undelete<C extends Collection>(
  options: SyncOptions,
  collection: C,
  id: string,
  values: Values<C> = {},
): Promise<SyncedRecord | RejectedRecord | null> {
  const { database, api } = options
  // A delete that waits here goes first.
  await sync(options)
  const outcome = await inTurn(database, async () => {
    const { account, deleted } = await load(database)
    const cursor = Math.max(await lastPulledAt(database), deleted[placeOf(collection, id)] ?? 0)
    return api.undelete(collection, id, values, cursor, { account: account ?? null })
  })
  await sync(options)
  return outcome
}

async function run(options: SyncOptions): Promise<void> {
  const { database, api, monitor } = options
  let account: string | undefined
  monitor?.started()
  try {
    account = await bind(database, api, options.adopt ?? false)
    await between(options, account)
    monitor?.finished()
  } catch (caught) {
    const other = caught instanceof SyncError && caught.otherAccount && account !== undefined
    const error = other ? await otherAccount(database, api, account as string) : caught
    monitor?.failed(error)
    throw error
  }
}

async function between(options: SyncOptions, account: string): Promise<void> {
  const { database, api, migrationsEnabledAtVersion, log } = options
  const collections = syncedTables(database)
  await settle(options)
  await keepIds(database, collections)
  // The callbacks below leave here what the end of the sync needs.
  const now: { seen?: Seen; failure: Error | null } = { failure: null }
  await synchronize({
    database,
    sendCreatedAsUpdated: true,
    ...(migrationsEnabledAtVersion === undefined ? {} : { migrationsEnabledAtVersion }),
    ...(log ? { log } : {}),
    // WatermelonDB keeps the local value of fields it knows to be changed. Of a record that is still
    // new here it knows none, and would take the server's copy whole.
    conflictResolver: (table, local: Partial<Raw>, _remote, resolved: Partial<Raw>) => {
      if (local._status !== 'synced' && local.id) now.seen?.editedSince(table as Collection, local.id)
      if (local._status === 'created') {
        for (const [name, value] of Object.entries(local)) {
          if (name !== 'id' && !name.startsWith('_') && value !== null) resolved[name] = value
        }
      }
      return resolved
    },
    pullChanges: async ({ lastPulledAt, migration }) => {
      const cursor = lastPulledAt ?? 0
      const seen = (now.seen = await Seen.open(database, collections, cursor))
      try {
        const pulled = await api.pullAll({ cursor, collections, migration, account })
        const changes = pulled.changes as Lists
        await seen.pulled(changes, cursor)
        await spareEdits(database, changes)
        return { changes: whole(pulled.changes), timestamp: pulled.timestamp }
      } catch (error) {
        if (!(error instanceof SyncError) || !error.resync) throw error
        return await fromTheStart(options, collections, account, seen, error.problem['reason'])
      }
    },
    pushChanges: async ({ changes, lastPulledAt }) => {
      const pushed: Record<string, SyncTableChangeSet | undefined> = { ...changes }
      const dirty: Place[] = []
      const deleted: Place[] = []
      for (const name of collections) {
        const lists = pushed[name]
        for (const { id } of [...(lists?.created ?? []), ...(lists?.updated ?? [])] as Raw[]) dirty.push(placeOf(name, id))
        for (const id of lists?.deleted ?? []) deleted.push(placeOf(name, id))
      }
      dirty.push(...deleted)
      const { seen } = now
      await seen?.pushing(dirty, deleted)
      const out: Changes = {}
      for (const name of collections) {
        const lists = pushed[name]
        if (!lists) continue
        const known = (id: string): number => seen?.of(placeOf(name, id), lastPulledAt) ?? lastPulledAt
        const rows = (raws: object[]): Row[] => (raws as Raw[]).flatMap((raw) => outgoing(name, raw, known(raw.id)) ?? [])
        const gone = lists.deleted.map((id) => ({ id, _seen: known(id) }))
        out[name] = { created: rows(lists.created), updated: rows(lists.updated), deleted: gone } as never
      }
      const result = await api.push(out, lastPulledAt, { account, outbox: outboxOf(database) }).catch(soFar)
      now.failure = result.failure
      const left = new Set([...result.rejected, ...result.unsent].map(({ collection, id }) => placeOf(collection, id)))
      const kept = new Set(result.records.filter((record) => record.result === 'kept').map(({ collection, id }) => placeOf(collection, id)))
      const accepted = dirty.filter((place) => !left.has(place))
      await seen?.pushed(accepted, deleted.filter((place) => !left.has(place) && !kept.has(place)), result.timestamp)
      tell(options, accepted.map(named), result)
      const ids: Record<string, string[]> = {}
      for (const { collection, id } of [...result.rejected, ...result.unsent]) (ids[collection] ??= []).push(id)
      return left.size ? { experimentalRejectedIds: ids } : {}
    },
  })
  await now.seen?.applied()
  // What the refused part did not hold is in; the app hears of the rest.
  if (now.failure) throw now.failure
}

/** What was accepted before a push broke off is not sent again. */
function soFar(error: unknown): PushResult {
  if (error instanceof SyncError && error.partial) return error.partial
  throw error
}

/** After 410: everything the server has, and what becomes of the records here. */
async function fromTheStart(
  { database, api }: SyncOptions,
  collections: Collection[],
  account: string,
  seen: Seen,
  reason: unknown,
): Promise<{ changes: Record<string, never>; timestamp: number }> {
  const pulled = await api.pullAll({ cursor: 0, collections, tombstones: true, account })
  const changes = pulled.changes as Lists
  const purged = reason === 'tombstones_purged'
  // A server that is merely behind has announced no loss: what it lacks stays here as it is.
  const behind = reason === 'cursor_ahead'
  if (!purged) seen.forget()
  if (!behind) await offerBack(database, collections, changes, purged)
  await seen.pulled(changes, 0)
  await spareEdits(database, changes)
  return {
    changes: whole(pulled.changes),
    timestamp: pulled.timestamp,
    // WatermelonDB knows the option; its type does not.
    ...(behind ? {} : ({ experimentalStrategy: 'replacement' } as object)),
  }
}

const named = (place: Place): { collection: string; id: string } => {
  const [collection = '', id = ''] = place.split('/')
  return { collection, id }
}

const whole = (changes: Pulled): Record<string, never> =>
  Object.fromEntries(Object.entries(changes).filter(([, lists]) => lists !== undefined)) as unknown as Record<string, never>
