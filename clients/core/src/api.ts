// The sync wire of one signed-in device.

import { SyncError } from './errors.js'
import { send } from './http.js'
import type { ApiOptions, Ask } from './http.js'
import { uuidv7 } from './ids.js'
import { body, flat, idOf, Limits, outsized } from './parts.js'
import type { Change } from './parts.js'
import { watch } from './watch.js'
import type { WatchOptions } from './watch.js'
import { SCHEMA_VERSION } from './wire.js'
import type { Changes, Collection, HistoryLine, Page, Pull, Pulled, PushResult, QuarantinePage, QuarantinedRecord, RejectedRecord, Row, SyncedRecord, Values } from './wire.js'

/** A push that was sent, and of whose answer nobody knows. */
export interface Unanswered {
  key: string
  path: string
  /** The body, as it was sent. */
  text: string
}

/** Keeps a push until it is answered, over restarts and new sign-ins. */
export interface Outbox {
  load(): Promise<Unanswered | null>
  /** Must have been written when it resolves. */
  save(unanswered: Unanswered | null): Promise<void>
}

/** Whose database a push is from, and where it waits for its answer. */
export interface PushOptions {
  account?: string | null
  /** With it, a push whose answer was lost can be repeated under its key: see `repeat`. */
  outbox?: Outbox
}

interface HistoryPage {
  history: HistoryLine[]
  next_cursor?: string | null
}

/** Refusals of one request that say nothing of the next one: the other parts of a push go on. */
const OF_ONE_PART: ReadonlySet<number> = new Set([400, 413, 415, 422])

/** The sync wire of one signed-in device. */
export class Api {
  private readonly limits = new Limits()

  constructor(private readonly options: ApiOptions) {}

  /** The server's address; names the other end of a replication. */
  get baseUrl(): string {
    return this.options.baseUrl
  }

  /** The id of the account that is signed in. */
  async account(): Promise<string> {
    const { id } = (await this.ask({ method: 'GET', path: '/v1/me' })) as { id: string }
    return id
  }

  /** One page of changes. */
  async pull(pull: Pull): Promise<Page> {
    const query = this.query(pull.cursor, pull.account)
    if (pull.limit) query.set('limit', String(pull.limit))
    if (pull.collections) query.set('collections', pull.collections.join(','))
    if (pull.tombstones) query.set('tombstones', '1')
    if (pull.migration) query.set('migration', JSON.stringify(pull.migration))
    return (await this.ask({ method: 'GET', path: `/v1/sync?${query}` })) as Page
  }

  /** Every page from the cursor on, joined; where a record comes twice, the later one counts. */
  async pullAll(pull: Pull): Promise<{ changes: Pulled; timestamp: number }> {
    const joined = new Map<Collection, { rows: Map<string, Row>; gone: Set<string> }>()
    let page: Page
    let { cursor, migration } = pull
    do {
      page = await this.pull({ ...pull, cursor, migration })
      for (const [name, changes] of Object.entries(page.changes) as [Collection, { created: Row[]; updated: Row[]; deleted: string[] }][]) {
        let of = joined.get(name)
        if (!of) joined.set(name, (of = { rows: new Map(), gone: new Set() }))
        for (const row of [...changes.created, ...changes.updated]) {
          of.rows.set(row.id, row)
          of.gone.delete(row.id)
        }
        for (const id of changes.deleted) {
          of.rows.delete(id)
          of.gone.add(id)
        }
      }
      cursor = page.timestamp
      migration = undefined
    } while (page.has_more)
    const changes: Record<string, { created: Row[]; updated: Row[]; deleted: string[] }> = {}
    for (const [name, of] of joined) {
      changes[name] = { created: [], updated: [...of.rows.values()], deleted: [...of.gone] }
    }
    return { changes: changes as Pulled, timestamp: cursor }
  }

  /**
   * Sends changes, in as many requests as they need; `cursor` is the timestamp of the last pull. A part
   * that is refused does not stop the others: `unsent` names its records, `failure` says why. A record
   * that no request takes is `rejected` as `too_large`. Without an answer, or signed out, it throws; the
   * error's `partial` has what was accepted before.
   */
  async push(changes: Changes, cursor: number, { account, outbox }: PushOptions = {}): Promise<PushResult> {
    const whole = nothing(cursor)
    const rest = flat(changes)
    while (rest.length) {
      const part = this.limits.take(rest)
      const [only] = part
      if (only && part.length === 1 && outsized(only)) {
        whole.rejected.push(tooLarge(only))
        continue
      }
      const unanswered = { key: uuidv7(), path: `/v1/sync?${this.query(cursor, account)}`, text: JSON.stringify(body(part)) }
      await outbox?.save(unanswered)
      try {
        join(whole, (await this.ask({ method: 'POST', ...unanswered })) as Partial<PushResult>)
      } catch (error) {
        if (!(error instanceof SyncError)) throw error
        if (!OF_ONE_PART.has(error.status)) {
          if (error.resync) await outbox?.save(null)
          whole.failure = error
          whole.unsent.push(...[...part, ...rest].map((change) => ({ collection: change.collection, id: idOf(change) })))
          error.partial = whole
          throw error
        }
        if (error.status !== 413) {
          whole.failure ??= error
          whole.unsent.push(...part.map((change) => ({ collection: change.collection, id: idOf(change) })))
        } else if (only && part.length === 1) {
          whole.rejected.push(tooLarge(only))
        } else {
          this.limits.halve(part)
          rest.unshift(...part)
        }
      }
    }
    await outbox?.save(null)
    return whole
  }

  /**
   * Repeats a push whose answer was lost, as it was sent and under its key, and answers what it held and
   * what became of it: the server applies it once. To be done before the next pull, which would bring what
   * others have made of it since. Leaves it in the outbox; null when there is none.
   */
  async repeat(outbox: Outbox): Promise<{ changes: Changes; result: PushResult } | null> {
    const unanswered = await outbox.load()
    if (!unanswered) return null
    try {
      const result = nothing(0)
      join(result, (await this.ask({ method: 'POST', ...unanswered })) as Partial<PushResult>)
      return { changes: (JSON.parse(unanswered.text) as { changes: Changes }).changes, result }
    } catch (error) {
      if (!(error instanceof SyncError) || !(OF_ONE_PART.has(error.status) || error.resync)) throw error
      // It was never applied, and will not be: its records are sent anew.
      await outbox.save(null)
      return null
    }
  }

  /**
   * Brings a deleted record back with its last values, and with these. `cursor` is the timestamp of the
   * last pull.
   */
  async undelete<C extends Collection>(collection: C, id: string, values: Values<C>, cursor: number, options: PushOptions = {}): Promise<SyncedRecord | RejectedRecord | null> {
    const row = { updated_at: Date.now(), ...values, id, _undelete: true, _seen: cursor }
    const result = await this.push({ [collection]: { updated: [row] } } as Changes, cursor, options)
    if (result.failure) throw result.failure
    return result.rejected[0] ?? result.records[0] ?? null
  }

  /** What became of a record, oldest first: every value that was ever typed. */
  async history(collection: Collection, id: string): Promise<HistoryLine[]> {
    const lines: HistoryLine[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor ? `?${new URLSearchParams({ cursor })}` : ''
      const path = `/v1/sync/history/${collection}/${encodeURIComponent(id)}${query}`
      const page = (await this.ask({ method: 'GET', path })) as HistoryPage
      lines.push(...page.history)
      cursor = page.next_cursor ?? null
    } while (cursor)
    return lines
  }

  /** A page of the records that were not accepted, newest first. */
  async quarantine({ limit, cursor }: { limit?: number; cursor?: string } = {}): Promise<QuarantinePage> {
    const query = new URLSearchParams()
    if (limit) query.set('limit', String(limit))
    if (cursor) query.set('cursor', cursor)
    const page = (await this.ask({ method: 'GET', path: `/v1/sync/rejected${query.size ? `?${query}` : ''}` })) as Partial<QuarantinePage>
    return { rejected: page.rejected ?? [], has_more: page.has_more ?? false, next_cursor: page.next_cursor ?? null }
  }

  /** All records that were not accepted, page by page. */
  async *rejected(limit?: number): AsyncGenerator<QuarantinedRecord, void> {
    let cursor: string | null = null
    do {
      const page: QuarantinePage = await this.quarantine({ ...(limit ? { limit } : {}), ...(cursor ? { cursor } : {}) })
      yield* page.rejected
      cursor = page.has_more ? page.next_cursor : null
    } while (cursor)
  }

  /** Takes a record out of the quarantine: its patient does not want it any more. Twice is fine. */
  async dismiss(id: string): Promise<void> {
    try {
      await this.ask({ method: 'DELETE', path: `/v1/sync/rejected/${encodeURIComponent(id)}` })
    } catch (error) {
      if (!(error instanceof SyncError) || error.status !== 404) throw error
    }
  }

  /**
   * Calls `changed` whenever another device may have written, until the returned function is called.
   * A hint to sync, never more: what is missed here comes with the next sync. Where `fetch` does not hand
   * bodies over as they arrive, it calls every minute.
   */
  watch(changed: () => void, options: WatchOptions = {}): () => void {
    return watch(this.options, changed, options)
  }

  private ask(ask: Ask): Promise<unknown> {
    return send(this.options, ask)
  }

  private query(cursor: number, account: string | null | undefined): URLSearchParams {
    const query = new URLSearchParams({ last_pulled_at: String(cursor), schema_version: String(SCHEMA_VERSION) })
    if (account) query.set('account', account)
    return query
  }
}

function nothing(timestamp: number): PushResult {
  return { timestamp, accepted: 0, unchanged: 0, records: [], rejected: [], renamed: [], missing_base: {}, safety_notice: null, unsent: [], failure: null }
}

/** Adds the answer of one request. Earlier servers leave some of its members out. */
function join(whole: PushResult, answer: Partial<PushResult>): void {
  whole.timestamp = answer.timestamp ?? whole.timestamp
  whole.accepted += answer.accepted ?? 0
  whole.unchanged += answer.unchanged ?? 0
  whole.records.push(...(answer.records ?? []))
  for (const one of answer.rejected ?? []) {
    whole.rejected.push({ ...one, faults: one.faults ?? [{ code: one.code, field: one.field }] })
  }
  whole.renamed.push(...(answer.renamed ?? []))
  for (const [name, ids] of Object.entries(answer.missing_base ?? {}) as [Collection, string[]][]) {
    ;(whole.missing_base[name] ??= []).push(...ids)
  }
  whole.safety_notice = answer.safety_notice ?? whole.safety_notice
}

function tooLarge(change: Change): RejectedRecord {
  const fault = { code: 'too_large', field: null }
  return { collection: change.collection, id: idOf(change), ...fault, faults: [fault] }
}
