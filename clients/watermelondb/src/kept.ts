// What a database keeps of its sync beside the records: whose it is, and what had been seen of the records
// that are still to be sent. It lies in WatermelonDB's own `local_storage`: no collection, and gone with
// `unsafeResetDatabase`.

import type { Collection } from '@pain-journal/sync-core'
import type { Database } from '@nozbe/watermelondb'

/** Names a record in the notes. */
export type Place = `${Collection}/${string}`

/** What is kept. */
export interface Kept {
  /** The account whose database it is; absent until the first sync. */
  account?: string
  /** Of records to be sent that a pull touched: the cursor before that pull. */
  seen: Record<Place, number>
  /** Of records that were deleted here and whose delete the server has: its timestamp after that. */
  deleted: Record<Place, number>
  /**
   * The pull that is being applied: where it began, and the records here that it touches. What is edited
   * among them before the next step may not have been seen.
   */
  pulling?: { cursor: number; places: Place[] }
}

const KEY = 'pain_journal_sync'

/** Reads what is kept. */
export async function load(database: Database): Promise<Kept> {
  const text = await database.localStorage.get<string>(KEY)
  return { seen: {}, deleted: {}, ...(text ? (JSON.parse(text) as Partial<Kept>) : {}) }
}

/** Keeps it; resolves when it is written. */
export async function save(database: Database, kept: Kept): Promise<void> {
  await database.localStorage.set(KEY, JSON.stringify(kept))
}

/** The name of a record. */
export const placeOf = (collection: Collection, id: string): Place => `${collection}/${id}`
