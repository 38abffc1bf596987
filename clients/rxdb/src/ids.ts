// Ids that another part of the app made in capitals, as Swift does. The server keeps every id in lower
// case; a document that stayed under its capitals would be there twice after the next pull.

import { keptId } from '@pain-journal/sync-core'
import type { RxCollection } from 'rxdb'

const watched = new WeakSet<RxCollection<any>>()

/** The same document under the ids the server will keep: its own, and those it refers to. */
function lower(document: Record<string, unknown>): void {
  for (const [field, value] of Object.entries(document)) {
    if (typeof value === 'string' && (field === 'id' || field.endsWith('_id'))) document[field] = keptId(value)
  }
}

/**
 * Puts documents under the ids the server will keep: those that are there already, and every one that
 * is inserted from now on. Nothing is sent under another id, so a document that goes here leaves no
 * delete behind. Of two that are one, what the one in capitals has filled in counts.
 */
export function keepIds<D extends { id: string }>(collection: RxCollection<D>): Promise<void> {
  if (!watched.has(collection)) {
    watched.add(collection)
    collection.preInsert((document: unknown) => lower(document as Record<string, unknown>), false)
  }
  return renameOld(collection)
}

async function renameOld<D extends { id: string }>(collection: RxCollection<D>): Promise<void> {
  const odd = await collection.find({ selector: { id: { $regex: '[A-F]' } } as never }).exec()
  for (const document of odd) {
    const copy = document.toMutableJSON() as D
    lower(copy as Record<string, unknown>)
    if (copy.id === document.primary) continue
    const twin = await collection.findOne(copy.id).exec()
    if (twin) {
      const { id: _, ...filled } = Object.fromEntries(Object.entries(copy).filter(([, value]) => value !== null))
      await twin.incrementalPatch(filled as Partial<D>)
    } else {
      await collection.insert(copy)
    }
    await document.incrementalRemove()
  }
}
