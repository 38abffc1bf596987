// Whose database it is. A database belongs to one account for as long as it exists: two people on one phone
// never mix, whoever is signed in, and what one of them has not sent yet waits for that one.

import { OtherAccountError, UnboundError } from '@pain-journal/sync-core'
import type { Api } from '@pain-journal/sync-core'
import type { Database } from '@nozbe/watermelondb'
import { load, save } from './kept.js'
import { sentIds, syncedTables, unsent } from './records.js'
import type { Lists } from './records.js'
import { inTurn } from './turn.js'

/** The account whose database it is; null before its first sync. */
export async function owner(database: Database): Promise<string | null> {
  return (await load(database)).account ?? null
}

/**
 * Deletes everything in the database, also what is not sent yet: the owner has agreed to lose it. The next
 * account that syncs is its owner.
 */
export function wipe(database: Database): Promise<void> {
  return inTurn(database, () => database.write(() => database.unsafeResetDatabase()))
}

/**
 * The account whose database it is. One that has none yet is bound to the account that is signed in; where
 * it holds records as sent, only if the server knows them all as that account's, or the app insists.
 */
export async function bind(database: Database, api: Api, adopt: boolean): Promise<string> {
  const kept = await load(database)
  if (kept.account) return kept.account
  const signedIn = await api.account()
  if (!adopt) {
    const strangers = await unknownTo(database, api, signedIn)
    if (strangers > 0) throw new UnboundError(signedIn, strangers, await unsent(database))
  }
  await save(database, { ...kept, account: signedIn })
  return signedIn
}

/** How many records count as sent and are not in the journal of this account, deleted or not. */
async function unknownTo(database: Database, api: Api, account: string): Promise<number> {
  const collections = syncedTables(database)
  const sent = new Map(await Promise.all(collections.map(async (name) => [name, await sentIds(database, name)] as const)))
  if ([...sent.values()].every((ids) => ids.length === 0)) return 0
  const lists = (await api.pullAll({ cursor: 0, collections, tombstones: true, account })).changes as Lists
  let strangers = 0
  for (const [name, ids] of sent) {
    const theirs = new Set([...(lists[name]?.updated ?? []).map(({ id }) => id), ...(lists[name]?.deleted ?? [])])
    strangers += ids.filter((id) => !theirs.has(id)).length
  }
  return strangers
}

/** What to tell the app when the server says that another account is signed in. */
export async function otherAccount(database: Database, api: Api, owner: string): Promise<OtherAccountError> {
  const signedIn = await api.account().catch(() => null)
  return new OtherAccountError(owner, signedIn, await unsent(database))
}
