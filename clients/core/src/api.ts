// The sync wire over HTTP. Every push carries a key, and a push that has to be repeated is repeated
// under the same key, so that a lost answer never applies a change twice.

import { uuidv7 } from './ids.js'
import type { Rows } from './rows.js'

/** The schema these packages were built with. */
export const SCHEMA_VERSION = 1

/** A synced collection. */
export type Collection = keyof Rows

/** A record as it travels: flat values only. */
export type Row = { id: string } & Record<string, unknown>

/** What the server has changed in one collection. */
export interface PulledChanges {
  created: Row[]
  updated: Row[]
  deleted: string[]
}

/** A page of changes. */
export interface Page {
  changes: Partial<Record<Collection, PulledChanges>>
  /** The cursor for the next pull. */
  timestamp: number
  has_more: boolean
}

/** A record to delete; with the values the device had seen, where it knows them. */
export type Deletion = string | { id: string; _base: Record<string, unknown> }

/** What the device has changed in one collection. */
export interface PushedChanges {
  created: Row[]
  updated: Row[]
  deleted: Deletion[]
}

/** What the device has changed. */
export type Changes = Partial<Record<Collection, PushedChanges>>

/** A field both sides have changed. The value that does not stand is in the record's history. */
export interface Conflict {
  applied?: unknown
  overwritten?: unknown
  kept?: unknown
  sent?: unknown
  reason?: string
  device_id: string | null
  edited_at: number | null
}

/** A record that stands otherwise than it was sent. */
export interface SyncedRecord {
  collection: Collection
  id: string
  result: 'merged' | 'conflict' | 'resurrected' | 'kept' | 'deleted'
  timestamp: number
  /** The record as it stands; null when it is deleted. */
  record: Row | null
  conflicts: Record<string, Conflict>
}

/** A record the server did not accept. It keeps a copy of it; the device keeps the record. */
export interface RejectedRecord {
  collection: Collection
  id: string
  code: string
  field: string | null
}

/** What became of a push. */
export interface PushResult {
  timestamp: number
  accepted: number
  unchanged: number
  records: SyncedRecord[]
  rejected: RejectedRecord[]
  /** Records whose id was sent in another spelling than it is kept in. */
  renamed: { collection: Collection; sent: string; kept: string }[]
}

/** What to pull. */
export interface Pull {
  cursor: number
  limit?: number
  collections?: readonly Collection[]
  /** Deleted ids on a first sync too. */
  tombstones?: boolean
  /** WatermelonDB's migration object. */
  migration?: unknown
}

/** An answer that is no success, or no answer at all. */
export class SyncError extends Error {
  override readonly name = 'SyncError'
  constructor(
    message: string,
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** The problem's code; empty when there is none. */
    readonly code: string,
    /** The problem as the server described it. */
    readonly problem: Record<string, unknown>,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }

  /** Must the device sync from the start? Why is in `problem.reason`. */
  get resync(): boolean {
    return this.status === 410 && this.code === 'resync_required'
  }
}

/** How to reach the server. */
export interface ApiOptions {
  /** The address of the server, without a path. */
  baseUrl: string
  /** The access token. `refused` tells that the last one was not accepted: get a new one. */
  token: (refused: boolean) => string | Promise<string>
  /** Packs the body of a push, where the platform can. */
  gzip?: (text: string) => Promise<Uint8Array<ArrayBuffer>>
  /** Another `fetch`. */
  fetch?: typeof fetch
  /** How often a request is tried, 5 unless said otherwise. */
  attempts?: number
  /** How long an attempt may take, in milliseconds. */
  timeout?: number
  /** The first wait between attempts, in milliseconds; it doubles each time. */
  backoff?: number
}

/** Changes in one request. The server takes 5000 and 8 MiB. */
const MOST_CHANGES = 1000
/** UTF-16 units in one request: at most three bytes each. */
const MOST_TEXT = 2_000_000
const LONGEST_WAIT = 60_000

/** The sync wire of one signed-in device. */
export class Api {
  constructor(private readonly options: ApiOptions) {}

  /** The server's address; names the other end of a replication. */
  get baseUrl(): string {
    return this.options.baseUrl
  }

  /** One page of changes. */
  async pull(pull: Pull): Promise<Page> {
    const query = new URLSearchParams({
      last_pulled_at: String(pull.cursor),
      schema_version: String(SCHEMA_VERSION),
    })
    if (pull.limit) query.set('limit', String(pull.limit))
    if (pull.collections) query.set('collections', pull.collections.join(','))
    if (pull.tombstones) query.set('tombstones', '1')
    if (pull.migration) query.set('migration', JSON.stringify(pull.migration))
    return (await this.send('GET', query)) as Page
  }

  /** Every page from the cursor on, joined; where a record comes twice, the later one counts. */
  async pullAll(pull: Pull): Promise<{ changes: Partial<Record<Collection, PulledChanges>>; timestamp: number }> {
    const joined = new Map<Collection, { rows: Map<string, Row>; gone: Set<string> }>()
    let page: Page
    let { cursor, migration } = pull
    do {
      page = await this.pull({ ...pull, cursor, migration })
      for (const [name, changes] of Object.entries(page.changes) as [Collection, PulledChanges][]) {
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
    const changes: Partial<Record<Collection, PulledChanges>> = {}
    for (const [name, of] of joined) {
      changes[name] = { created: [], updated: [...of.rows.values()], deleted: [...of.gone] }
    }
    return { changes, timestamp: cursor }
  }

  /** Sends changes, in as many requests as they need; `cursor` is the timestamp of the last pull. */
  async push(changes: Changes, cursor: number): Promise<PushResult> {
    const whole: PushResult = { timestamp: cursor, accepted: 0, unchanged: 0, records: [], rejected: [], renamed: [] }
    for (const part of parts(changes)) {
      const query = new URLSearchParams({
        last_pulled_at: String(cursor),
        schema_version: String(SCHEMA_VERSION),
      })
      const answer = (await this.send('POST', query, { changes: part })) as PushResult
      whole.timestamp = answer.timestamp
      whole.accepted += answer.accepted
      whole.unchanged += answer.unchanged
      whole.records.push(...answer.records)
      whole.rejected.push(...answer.rejected)
      // A server of before ids were read in any case names none.
      whole.renamed.push(...(answer.renamed ?? []))
    }
    return whole
  }

  /**
   * Calls `changed` whenever another device may have written, until the returned function is called.
   * A hint to sync, never more: what is missed here comes with the next sync. Needs a `fetch` that
   * hands over bodies as they arrive.
   */
  watch(changed: () => void): () => void {
    const abort = new AbortController()
    void this.listen(changed, abort.signal)
    return () => abort.abort()
  }

  private async listen(changed: () => void, signal: AbortSignal): Promise<void> {
    const { baseUrl, backoff = 500, fetch: send = fetch } = this.options
    let refused = false
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const headers = { accept: 'text/event-stream', authorization: `Bearer ${await this.options.token(refused)}` }
        const response = await send(`${baseUrl}/v1/sync/stream`, { headers, signal })
        refused = response.status === 401
        if (response.ok && response.body) {
          // Something may have changed before the stream was open.
          if (failures > 0) changed()
          failures = 0
          const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
          let text = ''
          for (let part = await reader.read(); !part.done; part = await reader.read()) {
            text += part.value
            const lines = text.split(/\r?\n/)
            text = lines.pop() ?? ''
            if (lines.some((line) => line.startsWith('data:'))) changed()
          }
        }
      } catch {
        // Tried again below.
      }
      if (signal.aborted) return
      await pause(Math.min(backoff * 2 ** Math.min(failures, 10), LONGEST_WAIT))
    }
  }

  private async send(method: string, query: URLSearchParams, content?: unknown): Promise<unknown> {
    const { attempts = 5, backoff = 500 } = this.options
    const headers: Record<string, string> = { accept: 'application/json' }
    let body: string | Uint8Array<ArrayBuffer> | undefined
    if (content !== undefined) {
      body = JSON.stringify(content)
      headers['content-type'] = 'application/json'
      headers['idempotency-key'] = uuidv7()
      if (this.options.gzip) {
        body = await this.options.gzip(body)
        headers['content-encoding'] = 'gzip'
      }
    }
    let refused = false
    for (let attempt = 1; ; attempt++) {
      headers['authorization'] = `Bearer ${await this.options.token(refused)}`
      const outcome = await this.attempt(method, query, headers, body)
      if (!(outcome.error instanceof SyncError)) return outcome.answer
      const { error } = outcome
      if (error.status === 401 && !refused) {
        refused = true
        continue
      }
      if (attempt >= attempts || !repeatable(error)) throw error
      const wait = Math.max(outcome.retryAfter, backoff * 2 ** (attempt - 1) * (0.5 + Math.random()))
      await pause(Math.min(wait, LONGEST_WAIT))
    }
  }

  private async attempt(
    method: string,
    query: URLSearchParams,
    headers: Record<string, string>,
    body: string | Uint8Array<ArrayBuffer> | undefined,
  ): Promise<{ answer?: unknown; error?: SyncError; retryAfter: number }> {
    const { baseUrl, timeout = 60_000, fetch: send = fetch } = this.options
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(), timeout)
    try {
      const response = await send(`${baseUrl}/v1/sync?${query}`, {
        method,
        headers,
        signal: abort.signal,
        ...(body === undefined ? {} : { body }),
      })
      const text = await response.text()
      if (response.ok) return { answer: JSON.parse(text), retryAfter: 0 }
      const problem = problemOf(text)
      const code = typeof problem['code'] === 'string' ? problem['code'] : ''
      const error = new SyncError(`The server answered ${response.status} ${code}`, response.status, code, problem)
      return { error, retryAfter: 1000 * (Number(response.headers.get('retry-after')) || 0) }
    } catch (cause) {
      // No answer, or half of one: what was sent may have been applied.
      return { error: new SyncError('The server could not be reached.', 0, '', {}, { cause }), retryAfter: 0 }
    } finally {
      clearTimeout(timer)
    }
  }
}

const pause = (time: number): Promise<void> => new Promise((done) => setTimeout(done, time))

/** Can the same request succeed later? A key whose first copy is still under way is, too. */
function repeatable(error: SyncError): boolean {
  return (
    [0, 408, 425, 429, 502, 503, 504].includes(error.status) ||
    (error.status === 409 && error.code !== 'idempotency_key_reused')
  )
}

function problemOf(text: string): Record<string, unknown> {
  try {
    const problem: unknown = JSON.parse(text)
    return typeof problem === 'object' && problem !== null ? { ...problem } : {}
  } catch {
    return {}
  }
}

/** Cuts changes into requests the server takes. */
function* parts(changes: Changes): Generator<Changes> {
  let part: Changes = {}
  let count = 0
  let size = 0
  for (const [name, lists] of Object.entries(changes) as [Collection, PushedChanges][]) {
    for (const kind of ['created', 'updated', 'deleted'] as const) {
      for (const item of lists[kind]) {
        const length = JSON.stringify(item).length
        if (count === MOST_CHANGES || (count > 0 && size + length > MOST_TEXT)) {
          yield part
          part = {}
          count = 0
          size = 0
        }
        const into = (part[name] ??= { created: [], updated: [], deleted: [] })
        ;(into[kind] as unknown[]).push(item)
        count++
        size += length
      }
    }
  }
  if (count > 0) yield part
}
