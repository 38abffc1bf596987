// What RxDB takes the server to hold, and what of this device the server does not.

import { FIELDS } from '@pain-journal/sync-core'
import type { Api, Collection } from '@pain-journal/sync-core'
import { getChangedDocumentsSince, getPrimaryKeyOfInternalDocument, getRxReplicationMetaInstanceSchema, getSingleDocument, hasEncryption } from 'rxdb/plugins/core'
import type { InternalStoreDocType, RxCollection, RxDatabase, RxDocumentData, RxStorageInstance, WithDeleted } from 'rxdb'
import { read } from './kept.js'

/** What is kept of the pushes of a collection. */
export interface Refused<D> {
  /** Of documents that were refused: what the server has instead; null where it has none. */
  masters: Record<string, WithDeleted<D> | null>
}

/** Where it is kept. */
export const refusedKey = (name: string): string => `refused-${name}`

/** Names a collection's replication. */
export const identifierOf = (api: Api, { name }: RxCollection<any>): string => `${api.baseUrl}|${name}`

/** The collections of this database that sync. */
export function syncedCollectionsOf(database: RxDatabase): RxCollection<any>[] {
  return Object.values(database.collections as Record<string, RxCollection<any>>).filter(({ name }) => name in FIELDS)
}

/** What RxDB takes the server to hold of a collection: the states it has pulled, and those it has sent. */
export async function masters(collection: RxCollection<any>, api: Api): Promise<Map<string, Stored>> {
  const { database, schema } = collection
  // As RxDB names it; it lists what belongs to a collection in its internal store.
  const hash = await database.hashFunction([collection.name, identifierOf(api, collection)].join('-'))
  const collectionName = `rx-replication-meta-${hash}`
  const connected = await connectedStorages(collection)
  if (!connected.some((storage) => storage.collectionName === collectionName)) return new Map()
  const meta = await database.storage.createStorageInstance<MetaDocument>({
    databaseName: database.name,
    collectionName,
    databaseInstanceToken: database.token,
    multiInstance: database.multiInstance,
    options: {},
    schema: getRxReplicationMetaInstanceSchema(schema.jsonSchema, hasEncryption(schema.jsonSchema)) as never,
    ...(database.password === undefined ? {} : { password: database.password as string }),
    devMode: false,
  })
  try {
    const found = new Map<string, Stored>()
    for (const document of await everything(meta)) {
      if (document.isCheckpoint === '0' && document.docData) found.set(document.itemId, document.docData)
    }
    return found
  } finally {
    await meta.close()
  }
}

/** How many documents of this device the server does not have as they are, deleted and refused ones too. */
export async function unsent(database: RxDatabase, api: Api): Promise<number> {
  let count = 0
  for (const collection of syncedCollectionsOf(database)) {
    const sent = await masters(collection, api)
    const { masters: refused = {} } = (await read<Refused<Stored>>(database, refusedKey(collection.name))) ?? {}
    const fields = FIELDS[collection.name as Collection].filter((field) => field in collection.schema.jsonSchema.properties)
    for (const document of await everything<Stored>(collection.storageInstance)) {
      const master = document.id in refused ? refused[document.id] : sent.get(document.id)
      const there = master && !master._deleted
      if (document._deleted ? there : !there || fields.some((field) => (document[field] ?? null) !== (master[field] ?? null))) count++
    }
  }
  return count
}

/** A document, or the state of one. */
export type Stored = WithDeleted<Record<string, unknown> & { id: string }>

interface MetaDocument {
  id: string
  isCheckpoint: '0' | '1'
  itemId: string
  docData?: Stored
}

/** What RxDB has noted to belong to a collection. */
async function connectedStorages({ name, schema, database }: RxCollection<any>): Promise<{ collectionName: string }[]> {
  const id = getPrimaryKeyOfInternalDocument(`${name}-${schema.version}`, 'collection')
  const noted = await getSingleDocument<InternalStoreDocType>(database.internalStore, id)
  return ((noted?.data as { connectedStorages?: { collectionName: string }[] } | undefined)?.connectedStorages ?? [])
}

/** All documents of a storage, deleted ones too. */
async function everything<T>(storage: RxStorageInstance<T, any, any>): Promise<RxDocumentData<T>[]> {
  const all: RxDocumentData<T>[] = []
  let checkpoint: unknown
  for (;;) {
    const page = await getChangedDocumentsSince<T, any>(storage, 1000, checkpoint)
    if (!page.documents.length) return all
    all.push(...page.documents)
    checkpoint = page.checkpoint
  }
}
