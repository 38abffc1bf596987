// What a database keeps of its sync beside the documents: whose it is, and which documents were refused. It
// lies in RxDB's own internal store, so that no further collection is opened: the free RxDB opens
// thirteen, and all of them sync.

import { createRevision, getDefaultRevision, getDefaultRxDocumentMeta, getPrimaryKeyOfInternalDocument, getSingleDocument, isBulkWriteConflictError, now, writeSingle } from 'rxdb/plugins/core'
import type { Outbox, Unanswered } from '@pain-journal/sync-core'
import type { InternalStoreDocType, RxDatabase, RxDocumentData } from 'rxdb'

/** The one context that RxDB leaves to others. */
const CONTEXT = 'OTHER'
const TRIES = 20

const idOf = (key: string): string => getPrimaryKeyOfInternalDocument(`pain-journal-${key}`, CONTEXT)

/** Reads what is kept under a key. */
export async function read<T>(database: RxDatabase, key: string): Promise<T | undefined> {
  const document = await getSingleDocument<InternalStoreDocType>(database.internalStore, idOf(key))
  return document?.data as T | undefined
}

/** Changes what is kept under a key; resolves when it is written. Another tab may do so at the same time. */
export async function change<T extends object>(database: RxDatabase, key: string, to: (before: T | undefined) => T): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const previous = await getSingleDocument<InternalStoreDocType>(database.internalStore, idOf(key))
    const data = to(previous?.data as T | undefined)
    const document: RxDocumentData<InternalStoreDocType> = {
      id: idOf(key),
      key: `pain-journal-${key}`,
      context: CONTEXT,
      data,
      _attachments: {},
      _deleted: false,
      _meta: { ...(previous?._meta ?? getDefaultRxDocumentMeta()), lwt: now() },
      _rev: previous ? createRevision(database.token, previous) : getDefaultRevision(),
    }
    try {
      await writeSingle(database.internalStore, { ...(previous ? { previous } : {}), document }, 'pain-journal-kept')
      return data
    } catch (error) {
      if (!isBulkWriteConflictError(error) || attempt === TRIES) throw error
    }
  }
}

/** Where a push of a collection waits for its answer. */
export function outboxOf(database: RxDatabase, name: string): Outbox {
  const key = `push-${name}`
  return {
    load: async () => (await read<{ unanswered: Unanswered | null }>(database, key))?.unanswered ?? null,
    save: async (unanswered) => void (await change(database, key, () => ({ unanswered }))),
  }
}
