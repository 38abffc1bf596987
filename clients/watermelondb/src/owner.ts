// Whose database it is. A database belongs to one account for as long as it exists: two people on one phone
// never mix, whoever is signed in, and what one of them has not sent yet waits for that one.

import { OtherAccountError, UnboundError } from '@pain-journal/sync-core'
import type { Api, Collection } from '@pain-journal/sync-core'
import type { Database } from '@nozbe/watermelondb'
import { load, save } from './kept.js'
import { deletedHere, lastPulledAt, sentIds, syncedTables, unsent } from './records.js'
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

/**
 * How many records count as sent and are not in the journal of this account, deleted or not. A record that
 * is deleted here may never have been sent: where there are only such, one that is known is enough.
 */
async function unknownTo(database: Database, api: Api, account: string): Promise<number> {
  if ((await lastPulledAt(database)) === 0) return 0
  const held: { name: Collection; live: string[]; gone: string[] }[] = []
  for (const name of syncedTables(database)) {
    const [live, gone] = [await sentIds(database, name), await deletedHere(database, name)]
    if (live.length || gone.length) held.push({ name, live, gone })
  }
  if (!held.length) return 0
  const lists = (await api.pullAll({ cursor: 0, collections: held.map(({ name }) => name), tombstones: true, account })).changes as Lists
  let [live, strangers, gone, known] = [0, 0, 0, 0]
  for (const of of held) {
    const theirs = new Set([...(lists[of.name]?.updated ?? []).map(({ id }) => id), ...(lists[of.name]?.deleted ?? [])])
    live += of.live.length
    gone += of.gone.length
    strangers += of.live.filter((id) => !theirs.has(id)).length
    known += of.gone.filter((id) => theirs.has(id)).length
  }
  return live === 0 && known === 0 ? gone : strangers
}

/** What to tell the app when the server says that another account is signed in. */
export async function otherAccount(database: Database, api: Api, owner: string): Promise<OtherAccountError> {
  const signedIn = await api.account().catch(() => null)
  return new OtherAccountError(owner, signedIn, await unsent(database))
}
