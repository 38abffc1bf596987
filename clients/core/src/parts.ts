// Cuts what a device has changed into requests that the server takes.

import type { Changes, Collection, PushedChanges, Row } from './wire.js'

/** One change, and where it belongs. */
export interface Change {
  collection: Collection
  kind: 'created' | 'updated' | 'deleted'
  item: unknown
  /** Its size in UTF-16 units of JSON: at most three bytes each. */
  size: number
}

const KINDS = ['created', 'updated', 'deleted'] as const

/** The id of the record that a change is about. */
export function idOf({ item }: Change): string {
  return typeof item === 'string' ? item : (item as Row).id
}

/** Every change, in the order to send them. */
export function flat(changes: Changes): Change[] {
  const all: Change[] = []
  for (const [collection, lists] of Object.entries(changes) as [Collection, Partial<PushedChanges>][]) {
    for (const kind of KINDS) {
      for (const item of lists[kind] ?? []) all.push({ collection, kind, item, size: JSON.stringify(item).length })
    }
  }
  return all
}

/** The body of a request with these changes. */
export function body(part: readonly Change[]): { changes: Record<string, Record<string, unknown[]>> } {
  const changes: Record<string, Record<string, unknown[]>> = {}
  for (const { collection, kind, item } of part) {
    const lists = (changes[collection] ??= { created: [], updated: [], deleted: [] })
    lists[kind]?.push(item)
  }
  return { changes }
}

/** The server takes 8 MiB; something of it is for the rest of the body. */
const MOST_BYTES = 8 * 1024 * 1024 - 1024

/** Is this one more than any request may hold? A connection that is cut in the middle of it would not tell. */
export function outsized({ size, item }: Change): boolean {
  return 3 * size > MOST_BYTES && new TextEncoder().encode(JSON.stringify(item)).length > MOST_BYTES
}

/** What one request may hold. Falls where the server, or a proxy before it, takes less. */
export class Limits {
  /** The server takes 5000. */
  private count = 1000
  private text = 2_000_000

  /** The first changes of the rest that fit in one request; one at least. */
  take(rest: Change[]): Change[] {
    let size = 0
    let fits = 0
    for (const change of rest) {
      size += change.size
      if (fits === this.count || (fits > 0 && size > this.text)) break
      fits++
    }
    return rest.splice(0, fits)
  }

  /** A request with these changes was too large: the next ones have half of it. */
  halve(part: readonly Change[]): void {
    const size = part.reduce((sum, change) => sum + change.size, 0)
    this.count = Math.max(1, Math.min(this.count, Math.ceil(part.length / 2)))
    this.text = Math.max(1, Math.min(this.text, Math.ceil(size / 2)))
  }
}
