// Whose database it is. A database belongs to one account for as long as it exists: two people on one device
// never mix, whoever is signed in, and what one of them has not sent yet waits for that one.

import { OtherAccountError, SyncError, UnboundError } from '@pain-journal/sync-core'
import type { Api, Collection, Row } from '@pain-journal/sync-core'
import type { RxDatabase } from 'rxdb'
import { change, read } from './kept.js'
import { masters, syncedCollectionsOf, unsent } from './masters.js'

interface Owner {
  account: string
}

const KEY = 'owner'

/** Bindings that are being made. */
const binding = new WeakMap<RxDatabase, Promise<string>>()

/** The account whose database it is; null before its first sync. */
export async function owner(database: RxDatabase): Promise<string | null> {
  return (await read<Owner>(database, KEY))?.account ?? null
}

/**
 * Deletes the database with everything in it, also what is not sent yet: its owner has agreed to lose it.
 * Stop its replications before, and create it again for the next account.
 */
export async function wipe(database: RxDatabase): Promise<void> {
  await database.remove()
}

/**
 * The account whose database it is. One that has none yet is bound to the account that is signed in; where
 * it holds documents as sent, only if the server knows them all as that account's, or the app insists.
 */
export async function bind(database: RxDatabase, api: Api, adopt: boolean): Promise<string> {
  const account = await owner(database)
  if (account) return account
  let made = binding.get(database)
  if (!made) {
    made = take(database, api, adopt).finally(() => binding.delete(database))
    binding.set(database, made)
  }
  return made
}

async function take(database: RxDatabase, api: Api, adopt: boolean): Promise<string> {
  const signedIn = await api.account()
  if (!adopt) {
    const strangers = await unknownTo(database, api, signedIn)
    if (strangers > 0) throw new UnboundError(signedIn, strangers, await unsent(database, api))
  }
  // Another tab may have been faster.
  return (await change<Owner>(database, KEY, (before) => before ?? { account: signedIn })).account
}

/** How many documents count as sent and are not in the journal of this account, deleted or not. */
async function unknownTo(database: RxDatabase, api: Api, account: string): Promise<number> {
  const sent = new Map<Collection, string[]>()
  for (const collection of syncedCollectionsOf(database)) {
    const live = [...(await masters(collection, api))].filter(([, document]) => !document._deleted)
    if (live.length) sent.set(collection.name as Collection, live.map(([id]) => id))
  }
  if (!sent.size) return 0
  const { changes } = await api.pullAll({ cursor: 0, collections: [...sent.keys()], tombstones: true, account })
  let strangers = 0
  for (const [name, ids] of sent) {
    const theirs = new Set([...((changes[name]?.updated ?? []) as Row[]).map(({ id }) => id), ...(changes[name]?.deleted ?? [])])
    strangers += ids.filter((id) => !theirs.has(id)).length
  }
  return strangers
}

/** What to tell the app when the server says that another account is signed in; any other error as it is. */
export async function explained(error: unknown, database: RxDatabase, api: Api): Promise<unknown> {
  const account = await owner(database)
  if (!(error instanceof SyncError) || !error.otherAccount || !account) return error
  const signedIn = await api.account().catch(() => null)
  return new OtherAccountError(account, signedIn, await unsent(database, api))
}

/** Fails when the database is another account's. Without an answer it is assumed not to be. */
export async function confirm(database: RxDatabase, api: Api, adopt: boolean): Promise<void> {
  try {
    const account = await bind(database, api, adopt)
    const signedIn = await api.account()
    if (signedIn !== account) throw new OtherAccountError(account, signedIn, await unsent(database, api))
  } catch (error) {
    if (!(error instanceof SyncError) || error.status !== 0) throw error
  }
}
