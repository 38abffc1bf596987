// Records as rows of a push.

import { FIELDS } from '@pain-journal/sync-core'
import type { Collection, Row } from '@pain-journal/sync-core'
import type { Raw } from './records.js'

const TIMES: ReadonlySet<string> = new Set(['created_at', 'updated_at'])

/** A record without the columns an app keeps for itself; nothing where only those were edited. */
export function outgoing(name: Collection, raw: Raw, seen: number): Row | undefined {
  const row: Record<string, unknown> = { _status: raw._status, _seen: seen }
  for (const field of FIELDS[name]) {
    // These two cannot be null here: 0 is a time that the app's model does not keep.
    const unset = raw[field] === undefined || (TIMES.has(field) && raw[field] === 0)
    if (!unset) row[field] = raw[field]
  }
  const complete = { ...row, id: raw.id }
  if (raw._status === 'created' || !raw._changed) return complete
  const edited = raw._changed.split(',').filter((field) => field !== 'id' && !field.startsWith('_') && field in row)
  return edited.length ? { ...complete, _changed: edited.join(',') } : undefined
}
