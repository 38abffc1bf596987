// What becomes of the records here when the device has to sync from the start.

import { FIELDS } from '@pain-journal/sync-core'
import type { Collection } from '@pain-journal/sync-core'
import type { Database, Model } from '@nozbe/watermelondb'
import { known, mark, rawOf } from './records.js'
import type { Lists } from './records.js'

/** Keeps records that were deleted elsewhere and edited here: the push brings them back. */
export async function spareEdits(database: Database, changes: Lists): Promise<void> {
  for (const [name, lists] of Object.entries(changes) as [Collection, NonNullable<Lists[Collection]>][]) {
    if (!lists.deleted.length) continue
    const edited = (await known(database, name, lists.deleted)).filter((record) => rawOf(record)._status !== 'synced')
    const ids = new Set(edited.map((record) => record.id))
    lists.deleted = lists.deleted.filter((id) => !ids.has(id))
  }
}

/**
 * After the server has lost its newest changes (a restored backup): marks for the next push what
 * this device still holds and the server does not: records it does not know, later edits of records
 * it knows, and edits not yet sent. `changes` is everything the server has.
 */
export async function offerBack(database: Database, collections: Collection[], changes: Lists, purged: boolean): Promise<void> {
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
