// One collection's pulls and pushes.

import { FIELDS, keptId, OtherAccountError, SyncError, tell, UnboundError } from '@pain-journal/sync-core'
import type { Changes, Collection, Outbox, Page, Pull, PushResult, RejectedRecord, Row, SyncedRecord } from '@pain-journal/sync-core'
import type { RxReplicationWriteToMasterRow, WithDeleted } from 'rxdb'
import { Activity } from './activity.js'
import { keepIds } from './ids.js'
import { change, outboxOf, read } from './kept.js'
import { refusedKey } from './masters.js'
import type { Refused } from './masters.js'
import { bind, explained } from './owner.js'
import type { ReplicateOptions } from './replicate.js'
import { Turnstile } from './turnstile.js'

/** Where a collection's pull stands. `full`: pulling everything again, tombstones too. */
export interface Checkpoint {
  cursor: number
  full?: boolean
}

type Write<D> = RxReplicationWriteToMasterRow<D>

/** What became of a document of a push whose answer was lost. */
interface Answer<D> {
  sent: WithDeleted<D>
  /** What the server has instead, where it told so then. */
  standing: WithDeleted<D> | undefined
}

interface Lists {
  created: Row[]
  updated: Row[]
  deleted: (string | Row)[]
}

/** One collection's pulls and pushes. */
export class Wire<D extends { id: string }> {
  private readonly name: Collection
  private readonly fields: readonly string[]
  private readonly turnstile: Turnstile
  private readonly activity: Activity | undefined
  /** Every document has the id the server will keep. */
  private readonly ids: Promise<void>
  /** What had been refused, as far as it is not mended. */
  private readonly refused: Promise<Refused<D>>
  private readonly outbox: Outbox
  /** What became of a push whose answer was lost, once it has been repeated. */
  private answers: Map<string, Answer<D>> | undefined
  /** What has been pulled of its documents since. RxDB drops it: to RxDB they are still to be sent. */
  private readonly pulledSince = new Map<string, WithDeleted<D>>()
  private sending: Promise<void> = Promise.resolve()
  /** How far this process has pulled. */
  private cursor = 0
  private waiting: { rows: Write<D>[]; done: (conflicts: WithDeleted<D>[]) => void; failed: (error: unknown) => void }[] = []

  constructor(
    private readonly options: ReplicateOptions<D>,
    /** The database is another account's. */
    private readonly ended: (error: OtherAccountError | UnboundError) => void,
  ) {
    const { name, schema, database } = options.collection
    const synced = (FIELDS as Record<string, readonly string[] | undefined>)[name]
    if (!synced) throw new Error(`The server has no collection ${name}.`)
    this.name = name as Collection
    // What both sides know: a newer server has more fields, an app may keep some for itself.
    const own = schema.jsonSchema.properties
    this.fields = synced.filter((field) => field in own)
    this.turnstile = new Turnstile(options.settleTime ?? 100)
    this.activity = options.monitor && Activity.of(options.monitor)
    this.outbox = outboxOf(database, name)
    this.ids = keepIds(options.collection)
    this.refused = read<Refused<D>>(database, refusedKey(name)).then((kept) => kept ?? { masters: {} })
    // Who waits for them hears of a failure.
    this.ids.catch(() => undefined)
    this.refused.catch(() => undefined)
  }

  pull(checkpoint: Checkpoint | undefined, limit: number): Promise<{ checkpoint: Checkpoint; documents: WithDeleted<D>[] }> {
    return this.watched(() => this.page(checkpoint, limit))
  }

  private async page(checkpoint: Checkpoint | undefined, limit: number): Promise<{ checkpoint: Checkpoint; documents: WithDeleted<D>[] }> {
    await this.ids
    let full = checkpoint?.full ?? false
    const account = await this.account()
    const page = await this.turnstile.alone(async (): Promise<Page> => {
      await this.settle()
      const pull: Pull = { cursor: checkpoint?.cursor ?? 0, limit, collections: [this.name], tombstones: full, account }
      try {
        return await this.options.api.pull(pull)
      } catch (error) {
        if (!(error instanceof SyncError) || !error.resync) throw error
        full = true
        // Only a new epoch announces that something was lost. A server that is merely behind has nothing
        // coming, and what it lacks stays here as it is.
        if (error.problem['reason'] === 'epoch_changed') await this.offerBack(account)
        return await this.options.api.pull({ ...pull, cursor: 0, tombstones: true })
      }
    })
    const changes = page.changes[this.name]
    const live = (changes ? [...changes.created, ...changes.updated] : []) as unknown as Row[]
    const gone = changes?.deleted ?? []
    this.cursor = page.timestamp
    // What was refused here and not mended yet must not be overwritten.
    const { masters } = await this.refused
    const documents = [...live.map((row) => this.document(row)), ...gone.map((id) => ({ id, _deleted: true }) as WithDeleted<D>)]
    for (const document of documents) if (this.answers?.has(document.id)) this.pulledSince.set(document.id, document)
    return {
      // Everything is pulled again across restarts, too, until the last page is in.
      checkpoint: { cursor: page.timestamp, full: full && page.has_more },
      documents: documents.filter(({ id }) => !(id in masters)),
    }
  }

  /**
   * RxDB hands a large change over in several batches at once and notes down none of them before all
   * are answered. They are sent as one, so that they succeed or fail together.
   */
  push(rows: Write<D>[]): Promise<WithDeleted<D>[]> {
    const answered = new Promise<WithDeleted<D>[]>((done, failed) => {
      this.waiting.push({ rows, done, failed })
      if (this.waiting.length === 1) void this.turnstile.together(() => (this.sending = this.sending.then(() => this.flush())))
    })
    return this.watched(() => answered)
  }

  /** See `undelete`. */
  async undelete(id: string, values: Partial<D>): Promise<SyncedRecord | RejectedRecord | null> {
    const account = await this.account()
    return this.options.api.undelete(this.name, id, values as never, this.cursor, { account })
  }

  /** Tells what is under way; ends the replication of another account's database. */
  private async watched<T>(work: () => Promise<T>): Promise<T> {
    const explaining = async (): Promise<T> => {
      try {
        return await work()
      } catch (caught) {
        const error = await explained(caught, this.options.collection.database, this.options.api)
        if (error instanceof OtherAccountError || error instanceof UnboundError) this.ended(error)
        throw error
      }
    }
    return this.activity ? this.activity.during(explaining) : explaining()
  }

  private account(): Promise<string> {
    const { collection, api, adopt = false } = this.options
    return bind(collection.database, api, adopt)
  }

  private async flush(): Promise<void> {
    // Batches that are handed over at once arrive within a moment.
    await new Promise((resolve) => setTimeout(resolve, 10))
    const batches = this.waiting
    this.waiting = []
    try {
      await this.ids
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
    const account = await this.account()
    const refused = await this.refused
    const answers = await this.settle()
    const changes: Lists = { created: [], updated: [], deleted: [] }
    const sent = new Map<string, WithDeleted<D>>()
    const masters = new Map<string, WithDeleted<D> | undefined>()
    const conflicts = new Map<string, WithDeleted<D>>()
    for (const { assumedMasterState, newDocumentState: document } of rows) {
      const answer = answers.get(document.id)
      if (answer && this.isAsSent(document, answer.sent)) {
        // It had arrived. What others have made of it since stands.
        const standing = this.pulledSince.get(document.id) ?? answer.standing
        if (standing) conflicts.set(document.id, standing)
        continue
      }
      // RxDB takes what was refused to be sent; what the server has is what it had before.
      const master = document.id in refused.masters ? (refused.masters[document.id] ?? undefined) : (answer?.sent ?? assumedMasterState)
      sent.set(document.id, document)
      masters.set(document.id, master)
      const known = master && !master._deleted
      if (document._deleted) {
        // Without a known state it may still have reached the server, in a push whose answer was lost.
        changes.deleted.push(known ? { id: document.id, _base: this.row(master) } : { id: document.id, _seen: 0 })
      } else if (known) {
        changes.updated.push({ ...this.row(document), _base: this.row(master) })
      } else {
        // Made anew by a device that has heard of the delete: a new life, also with the same words.
        changes.created.push({ ...this.row(document), ...(master ? { _base: { _deleted: true } } : {}) })
      }
    }
    const result = await this.options.api.push({ [this.name]: changes } as unknown as Changes, 0, { account, outbox: this.outbox })
    this.answers = undefined
    this.pulledSince.clear()
    const rejected = [...result.rejected, ...asRejected(result)]
    await this.keep(masters, { ...result, rejected })
    tell(this.options, [...sent.keys()].map((id) => ({ collection: this.name, id })), { ...result, rejected })
    for (const record of result.records) {
      const mine = sent.get(record.id)
      const standing = mine && this.standing(record, mine)
      if (standing) conflicts.set(record.id, standing)
    }
    return conflicts
  }

  /** Repeats a push whose answer was lost, also one of before a restart. Once; then what became of it. */
  private async settle(): Promise<ReadonlyMap<string, Answer<D>>> {
    if (this.answers) return this.answers
    const repeated = await this.options.api.repeat(this.outbox)
    if (!repeated) return new Map()
    const { changes, result } = repeated
    const lists = changes[this.name] as unknown as Lists
    const records = new Map(result.records.map((record) => [record.id, record]))
    const refused = new Set(result.rejected.map(({ id }) => id))
    const answers = new Map<string, Answer<D>>()
    for (const [rows, deleted] of [[lists.created, false], [lists.updated, false], [lists.deleted, true]] as const) {
      for (const row of rows) {
        if (typeof row === 'string' || refused.has(row.id)) continue
        const sent = { ...this.document(row), _deleted: deleted }
        const record = records.get(row.id)
        answers.set(row.id, { sent, standing: record && this.standing(record, sent) })
      }
    }
    tell(this.options, [...answers.keys()].map((id) => ({ collection: this.name, id })), result)
    return (this.answers = answers)
  }

  /** What a record is that stands otherwise than it was sent; nothing where it is gone as it was sent. */
  private standing({ record }: SyncedRecord, sent: WithDeleted<D>): WithDeleted<D> | undefined {
    if (record) return this.document(record)
    return sent._deleted ? undefined : { ...sent, _deleted: true }
  }

  private isAsSent(document: WithDeleted<D>, sent: WithDeleted<D>): boolean {
    const [mine, theirs] = [this.row(document), this.row(sent)]
    return document._deleted === sent._deleted && (document._deleted || this.fields.every((field) => mine[field] === theirs[field]))
  }

  /** Keeps over restarts what was refused, until it is mended. */
  private async keep(masters: ReadonlyMap<string, WithDeleted<D> | undefined>, result: PushResult): Promise<void> {
    const refused = await this.refused
    const left = new Set(result.rejected.map(({ id }) => id))
    let changed = left.size > 0
    for (const [id, master] of masters) {
      changed ||= id in refused.masters
      delete refused.masters[id]
      if (left.has(id)) refused.masters[id] = master ?? null
    }
    if (changed) await change<Refused<D>>(this.options.collection.database, refusedKey(this.name), () => structuredClone(refused))
  }

  /**
   * After the server has lost its newest changes (a restored backup): sends what this device still
   * holds and the server does not, records and later edits of records.
   */
  private async offerBack(account: string): Promise<void> {
    const { collection, api } = this.options
    const everything = (await api.pullAll({ cursor: 0, collections: [this.name], tombstones: true, account })).changes[this.name]
    const live = new Map(((everything?.updated ?? []) as unknown as Row[]).map((row) => [row.id, row]))
    const gone = new Set(everything?.deleted)
    const changes: Lists = { created: [], updated: [], deleted: [] }
    for (const document of await collection.find().exec()) {
      const mine = this.row(document.toMutableJSON() as D)
      const row = live.get(mine.id)
      if (!row) {
        if (!gone.has(mine.id)) changes.created.push(mine)
      } else if (Number(mine['updated_at'] ?? 0) > Number(row['updated_at'] ?? 0)) {
        changes.updated.push({ ...mine, _base: this.row(row) })
      }
    }
    const result = await api.push({ [this.name]: changes } as unknown as Changes, 0, { account })
    tell(this.options, [], result)
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

/** Records of a part that was refused as a whole: RxDB would hold up all others for them. */
function asRejected({ unsent, failure }: PushResult): RejectedRecord[] {
  const fault = { code: failure instanceof SyncError ? failure.code : 'refused', field: null }
  return unsent.map(({ collection, id }) => ({ collection, id, ...fault, faults: [fault] }))
}
