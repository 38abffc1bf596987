// A live hint that another device may have written. Where `fetch` hands bodies over as they arrive, the
// server tells it; elsewhere (React Native) a clock does.

import { LONGEST_WAIT, pause } from './http.js'
import type { ApiOptions } from './http.js'

/** How to be told of changes. */
export interface WatchOptions {
  /** Whose database it is. */
  account?: string | null
  /** How often to look where nothing can be told, in milliseconds; a minute unless said otherwise. */
  poll?: number
}

/** Does this platform hand over a body before it is whole? React Native's does not. */
function streams(): boolean {
  return typeof Response === 'function' && 'body' in Response.prototype && typeof TextDecoder === 'function'
}

/** Refusals after which listening makes no sense: another account's database, a suspended one. */
const HOPELESS: ReadonlySet<number> = new Set([403, 404, 409])

/** Calls `changed` until the returned function is called. */
export function watch(options: ApiOptions, changed: () => void, { account, poll = LONGEST_WAIT }: WatchOptions): () => void {
  const abort = new AbortController()
  const { signal } = abort
  const look = async (): Promise<void> => {
    while (!signal.aborted) {
      await pause(poll)
      if (!signal.aborted) changed()
    }
  }
  const path = `/v1/sync/stream${account ? `?account=${encodeURIComponent(account)}` : ''}`
  void (async () => {
    if (!(options.streaming ?? streams()) || (await listen(options, path, changed, signal)) === 'no stream') await look()
  })()
  return () => abort.abort()
}

/** Listens until it is told to stop, or finds that there is nothing to hear. */
async function listen(options: ApiOptions, path: string, changed: () => void, signal: AbortSignal): Promise<'ended' | 'no stream'> {
  const { baseUrl, backoff = 500, fetch: ask = fetch } = options
  let refused = false
  let opened = false
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      const headers = { accept: 'text/event-stream', authorization: `Bearer ${await options.token(refused)}` }
      const response = await ask(`${baseUrl}${path}`, { headers, signal })
      refused = response.status === 401
      if (HOPELESS.has(response.status)) return 'ended'
      if (response.ok) {
        if (!response.body?.getReader) return 'no stream'
        // Something may have changed while the stream was closed.
        if (opened || failures > 0) changed()
        opened = true
        failures = 0
        await hear(response.body.getReader(), changed)
      }
    } catch {
      // Tried again below.
    }
    if (signal.aborted) break
    await pause(Math.min(backoff * 2 ** Math.min(failures, 10), LONGEST_WAIT))
  }
  return 'ended'
}

async function hear(reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>, changed: () => void): Promise<void> {
  const decoder = new TextDecoder()
  let text = ''
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += decoder.decode(part.value, { stream: true })
    const lines = text.split(/\r?\n/)
    text = lines.pop() ?? ''
    if (lines.some((line) => line.startsWith('data:'))) changed()
  }
}
