// One request: its token, its time, and its repeats. A push carries a key, and is repeated under the same
// key, so that a lost answer never applies a change twice.

import { SyncError } from './errors.js'

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
  /** Does `fetch` hand over bodies as they arrive? Found out unless said. */
  streaming?: boolean
  /** How often a request is tried, 5 unless said otherwise. */
  attempts?: number
  /** How long an attempt may take, in milliseconds. */
  timeout?: number
  /** The first wait between attempts, in milliseconds; it doubles each time. */
  backoff?: number
}

/** The longest wait between two attempts, in milliseconds. */
export const LONGEST_WAIT = 60_000

export const pause = (time: number): Promise<void> => new Promise((done) => setTimeout(done, time))

/** A request to be sent. */
export interface Ask {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  /** The body, as JSON text. */
  text?: string
  /** The key of a push. */
  key?: string
}

type Outcome = { answer: unknown } | { error: SyncError; retryAfter: number }

/** Sends a request until it is answered; a refusal is a `SyncError`. */
export async function send(options: ApiOptions, { method, path, text, key }: Ask): Promise<unknown> {
  const { attempts = 5, backoff = 500 } = options
  const headers: Record<string, string> = { accept: 'application/json' }
  let body: string | Uint8Array<ArrayBuffer> | undefined
  if (text !== undefined) {
    body = text
    headers['content-type'] = 'application/json'
    if (options.gzip) {
      body = await options.gzip(text)
      headers['content-encoding'] = 'gzip'
    }
  }
  if (key) headers['idempotency-key'] = key
  let refused = false
  for (let attempt = 1; ; attempt++) {
    headers['authorization'] = `Bearer ${await options.token(refused)}`
    const init: RequestInit = { method, headers, ...(body === undefined ? {} : { body }) }
    const outcome = await once(options, path, init)
    if ('answer' in outcome) return outcome.answer
    const { error, retryAfter } = outcome
    if (error.status === 401 && !refused) {
      refused = true
      continue
    }
    if (attempt >= attempts || !repeatable(error)) throw error
    const wait = Math.max(retryAfter, backoff * 2 ** (attempt - 1) * (0.5 + Math.random()))
    await pause(Math.min(wait, LONGEST_WAIT))
  }
}

/** One attempt. What went wrong is a value, so that the caller decides about a repeat. */
export async function once(options: Pick<ApiOptions, 'baseUrl' | 'fetch' | 'timeout'>, path: string, init: RequestInit): Promise<Outcome> {
  const { baseUrl, timeout = 60_000, fetch: ask = fetch } = options
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), timeout)
  try {
    const response = await ask(`${baseUrl}${path}`, { ...init, signal: abort.signal })
    const text = await response.text()
    if (response.ok) return { answer: text ? JSON.parse(text) : null }
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

/** Refusals that a repeat of the same request cannot change. */
const SETTLED: ReadonlySet<string> = new Set(['idempotency_key_reused', 'other_account'])

/** Can the same request succeed later? A key whose first copy is still under way is, too. */
function repeatable({ status, code }: SyncError): boolean {
  return [0, 408, 425, 429, 502, 503, 504].includes(status) || (status === 409 && !SETTLED.has(code))
}

function problemOf(text: string): Record<string, unknown> {
  try {
    const problem: unknown = JSON.parse(text)
    return typeof problem === 'object' && problem !== null ? { ...problem } : {}
  } catch {
    return {}
  }
}
