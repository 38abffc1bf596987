// The way between an RxDB collection and the server. The server merges, so RxDB's default conflict
// handler (the server's state stands) is the right one here.

import { FIELDS, SyncError, keptId } from '@pain-journal/sync-core'
import type { Api, Changes, Collection, Page, Pull, PushedChanges, RejectedRecord, Row, SyncedRecord } from '@pain-journal/sync-core'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import type { RxReplicationState } from 'rxdb/plugins/replication'
import type { RxCollection, RxReplicationWriteToMasterRow, WithDeleted } from 'rxdb'
import type { Observable } from 'rxjs'
import { map } from 'rxjs'
import { keepIds } from './ids.js'
import { Turnstile } from './turnstile.js'

/** Where a collection's pull stands. `full`: pulling everything again, tombstones too. */
export interface Checkpoint {
  cursor: number
  full?: boolean
}

/** What to replicate, and who wants to hear of it. */
export interface ReplicateOptions<D extends { id: string }> {
  collection: RxCollection<D>
  api: Api
  /** Emits whenever there may be something to pull. */
  pull$?: Observable<unknown>
  /** Records the server did not accept. The device keeps them as they are; fix and save them again. */
  onRejected?: (rejected: RejectedRecord[]) => void
  /** Records that stand otherwise than they were sent. RxDB takes them over by itself. */
  onMerged?: (records: SyncedRecord[]) => void
  /** Keep replicating, instead of once; true unless said otherwise. */
  live?: boolean
  /** The wait after a failure, in milliseconds. */
  retryTime?: number
  /** Documents a pull. */
  batchSize?: number
  /** How long RxDB may take to note down an answered push, in milliseconds. */
  settleTime?: number
}

type Write<D> = RxReplicationWriteToMasterRow<D>

/** Replicates one collection. It must be named as on the server. */
export function replicate<D extends { id: string }>(options: ReplicateOptions<D>): RxReplicationState<D, Checkpoint> {
  const { collection, api, pull$, live = true, retryTime = 5000, batchSize = 500 } = options
  const wire = new Wire(options)
  return replicateRxCollection<D, Checkpoint>({
    collection,
    replicationIdentifier: `${api.baseUrl}|${collection.name}`,
    live,
    retryTime,
    waitForLeadership: collection.database.multiInstance,
    pull: {
      batchSize,
      ...(pull$ ? { stream$: pull$.pipe(map(() => 'RESYNC' as const)) } : {}),
      handler: (checkpoint, limit) => wire.pull(checkpoint, limit),
    },
    push: { batchSize: 100, handler: (rows) => wire.push(rows) },
  })
}

class Wire<D extends { id: string }> {
  private readonly name: Collection
  private readonly fields: readonly string[]
  private readonly turnstile: Turnstile
  /** Every document has the id the server will keep. */
  private readonly kept: Promise<void>
  /** Of records that were refused: what the server has instead. RxDB takes them to be sent. */
  private readonly refused = new Map<string, WithDeleted<D> | undefined>()
  private waiting: { rows: Write<D>[]; done: (conflicts: WithDeleted<D>[]) => void; failed: (error: unknown) => void }[] = []

  constructor(private readonly options: ReplicateOptions<D>) {
    const { name, schema } = options.collection
    const synced = (FIELDS as Record<string, readonly string[] | undefined>)[name]
    if (!synced) throw new Error(`The server has no collection ${name}.`)
    this.name = name as Collection
    // What both sides know: a newer server has more fields, an app may keep some for itself.
    const own = schema.jsonSchema.properties
    this.fields = synced.filter((field) => field in own)
    this.turnstile = new Turnstile(options.settleTime ?? 100)
    this.kept = keepIds(options.collection)
    // Who waits for it hears of a failure.
    this.kept.catch(() => undefined)
  }

  async pull(checkpoint: Checkpoint | undefined, limit: number): Promise<{ checkpoint: Checkpoint; documents: WithDeleted<D>[] }> {
    await this.kept
    let full = checkpoint?.full ?? false
    const page = await this.turnstile.alone(async (): Promise<Page> => {
      const pull: Pull = { cursor: checkpoint?.cursor ?? 0, limit, collections: [this.name], tombstones: full }
      try {
        return await this.options.api.pull(pull)
      } catch (error) {
        if (!(error instanceof SyncError) || !error.resync) throw error
        full = true
        if (error.problem['reason'] !== 'tombstones_purged') await this.offerBack()
        return await this.options.api.pull({ ...pull, cursor: 0, tombstones: true })
      }
    })
    const changes = page.changes[this.name]
    const live = changes ? [...changes.created, ...changes.updated] : []
    const gone = (changes?.deleted ?? []).map((id) => ({ id, _deleted: true }) as WithDeleted<D>)
    return {
      // Everything is pulled again across restarts, too, until the last page is in.
      checkpoint: { cursor: page.timestamp, full: full && page.has_more },
      documents: [...live.map((row) => this.document(row)), ...gone],
    }
  }

  /**
   * RxDB hands a large change over in several batches at once and notes down none of them before all
   * are answered. They are sent as one, so that they succeed or fail together.
   */
  push(rows: Write<D>[]): Promise<WithDeleted<D>[]> {
    return new Promise((done, failed) => {
      this.waiting.push({ rows, done, failed })
      if (this.waiting.length === 1) void this.turnstile.together(() => this.flush())
    })
  }

  private async flush(): Promise<void> {
    // Batches that are handed over at once arrive within a moment.
    await new Promise((resolve) => setTimeout(resolve, 10))
    const batches = this.waiting
    this.waiting = []
    try {
      await this.kept
      // What is under other ids goes by another name by now, and was never sent.
      const rows = batches.flatMap((batch) => batch.rows).filter(({ newDocumentState: { id } }) => keptId(id) === id)
      const conflicts = rows.length ? await this.send(rows) : new Map<string, WithDeleted<D>>()
      for (const { rows, done } of batches) {
        done(rows.flatMap((row) => conflicts.get(row.newDocumentState.id) ?? []))
      }
    } catch (error) {
      for (const { failed } of batches) failed(error)
    }
  }

  private async send(rows: Write<D>[]): Promise<Map<string, WithDeleted<D>>> {
    const changes: PushedChanges = { created: [], updated: [], deleted: [] }
    const sent = new Map<string, WithDeleted<D>>()
    const masters = new Map<string, WithDeleted<D> | undefined>()
    for (const { assumedMasterState, newDocumentState: document } of rows) {
      const master = this.refused.has(document.id) ? this.refused.get(document.id) : assumedMasterState
      sent.set(document.id, document)
      masters.set(document.id, master)
      const known = master && !master._deleted
      if (document._deleted) {
        // Without a known state it may still have reached the server, in a push whose answer was lost.
        changes.deleted.push(known ? { id: document.id, _base: this.row(master) } : document.id)
      } else if (known) {
        changes.updated.push({ ...this.row(document), _base: this.row(master) })
      } else {
        changes.created.push(this.row(document))
      }
    }
    const result = await this.options.api.push({ [this.name]: changes } satisfies Changes, 0)
    for (const id of sent.keys()) this.refused.delete(id)
    for (const { id } of result.rejected) this.refused.set(id, masters.get(id))
    if (result.rejected.length) this.options.onRejected?.(result.rejected)
    if (result.records.length) this.options.onMerged?.(result.records)
    const conflicts = new Map<string, WithDeleted<D>>()
    for (const { id, record } of result.records) {
      const mine = sent.get(id)
      if (record) conflicts.set(id, this.document(record))
      else if (mine && !mine._deleted) conflicts.set(id, { ...mine, _deleted: true })
    }
    return conflicts
  }

  /**
   * After the server has lost its newest changes (a restored backup): sends what this device still
   * holds and the server does not, records and later edits of records.
   */
  private async offerBack(): Promise<void> {
    const { collection, api } = this.options
    const everything = (await api.pullAll({ cursor: 0, collections: [this.name], tombstones: true })).changes[this.name]
    const live = new Map((everything?.updated ?? []).map((row) => [row.id, row]))
    const gone = new Set(everything?.deleted)
    const changes: PushedChanges = { created: [], updated: [], deleted: [] }
    for (const document of await collection.find().exec()) {
      const mine = this.row(document.toMutableJSON() as D)
      const row = live.get(mine.id)
      if (!row) {
        if (!gone.has(mine.id)) changes.created.push(mine)
      } else if (Number(mine['updated_at'] ?? 0) > Number(row['updated_at'] ?? 0)) {
        changes.updated.push({ ...mine, _base: this.row(row) })
      }
    }
    const result = await api.push({ [this.name]: changes } satisfies Changes, 0)
    if (result.rejected.length) this.options.onRejected?.(result.rejected)
  }

  private row(document: { id: string }): Row {
    const values = document as Row
    const row: Row = { id: document.id }
    for (const field of this.fields) if (values[field] !== undefined) row[field] = values[field]
    return row
  }

  private document(row: Row): WithDeleted<D> {
    return { ...this.row(row), _deleted: false } as unknown as WithDeleted<D>
  }
}
