// The words of the wire: what travels in a pull, in a push and in their answers. The fields of the
// collections come from `rows.ts`, which is generated, so that a misspelt one does not compile.

import type { NewFields, Rows } from './rows.js'

/** The schema these packages were built with. */
export const SCHEMA_VERSION = 2

/** A synced collection. */
export type Collection = keyof Rows

/** A record of any collection, as a library hands it over: flat values only. */
export type Row = { id: string } & Record<string, unknown>

/** The fields of a collection besides its id. */
export type FieldOf<C extends Collection> = Exclude<keyof Rows[C], 'id'> & string

/** Some values of a record. Null means not answered. */
export type Values<C extends Collection> = { [F in FieldOf<C>]?: Rows[C][F] | null }

/** What a row says of itself. */
export type Marks<C extends Collection> = {
  /** The fields that were edited, with commas. */
  _changed?: string | null
  /** The values that the device had seen before its edit; `_deleted`, where it had heard of the delete. */
  _base?: (Values<C> & { _deleted?: boolean }) | null
  /** The cursor that the device had pulled to when it made its first edit that is not sent yet. */
  _seen?: number
  /** Brings a deleted record back, with its last values and what this row has. */
  _undelete?: true
  /** WatermelonDB's own mark. */
  _status?: 'created' | 'updated' | 'synced' | 'deleted'
}

/** An edit of a record. Fields that are left out are not touched. */
export type Update<C extends Collection> = { id: string } & Values<C> & Marks<C>

/** A new record, with the fields that its collection requires. */
export type Create<C extends Collection> = Update<C> & { [F in NewFields[C]]: F extends keyof Rows[C] ? Rows[C][F] : never }

/** A record to delete; with what the device had seen of it. */
export type Deletion<C extends Collection> =
  | string
  | { id: string; _base?: Values<C>; _seen?: number; updated_at?: number }

/** What the server has changed in one collection. */
export interface PulledChanges<C extends Collection = Collection> {
  created: Rows[C][]
  updated: Rows[C][]
  deleted: string[]
}

/** What the server has changed. */
export type Pulled = { [C in Collection]?: PulledChanges<C> }

/** A page of changes. */
export interface Page {
  changes: Pulled
  /** The cursor for the next pull. */
  timestamp: number
  has_more: boolean
  /** Whose journal it is. A server of before accounts were named sends none. */
  account?: string
}

/** What the device has changed in one collection. */
export interface PushedChanges<C extends Collection = Collection> {
  created: Create<C>[]
  updated: Update<C>[]
  deleted: Deletion<C>[]
}

/** What the device has changed. Lists that are empty may be left out. */
export type Changes = { [C in Collection]?: Partial<PushedChanges<C>> }

/** A field both sides have changed. The value that does not stand is in the record's history. */
export interface Conflict {
  applied?: unknown
  overwritten?: unknown
  kept?: unknown
  sent?: unknown
  reason?: string
  device_id: string | null
  edited_at: number | null
}

/** A record that stands otherwise than it was sent. */
export interface SyncedRecord {
  collection: Collection
  id: string
  result: 'merged' | 'conflict' | 'resurrected' | 'kept' | 'deleted' | (string & {})
  timestamp: number
  /** The record as it stands; null when it is deleted. */
  record: Row | null
  conflicts: Record<string, Conflict>
}

/** A value that lost a conflict. It is in the record's history, too. */
export interface LostValue {
  collection: Collection
  id: string
  field: string
  /** What stands. */
  stands: unknown
  /** What does not. */
  lost: unknown
  /** Was it typed on this device? Otherwise on `device_id`. */
  mine: boolean
  /** `written_by_practitioner`, where that is why. */
  reason: string | null
  device_id: string | null
  edited_at: number | null
}

/** What is wrong with a record. */
export interface Fault {
  code: string
  field: string | null
}

/** A record the server did not accept. The device keeps it. */
export interface RejectedRecord {
  collection: Collection
  id: string
  /** Of the first fault. `too_large`: no request takes it. `quarantine_full`: the server kept no copy. */
  code: string
  field: string | null
  /** Everything that is wrong with it. */
  faults: Fault[]
}

/** What to show at once: the same text always, and never a verdict. */
export interface SafetyNotice {
  code: string
  language: string
  title: string
  text: string
}

/** Records whose part of a push was refused as a whole. They are still to be sent. */
export interface Unsent {
  collection: Collection
  id: string
}

/** What became of a push. */
export interface PushResult {
  timestamp: number
  accepted: number
  unchanged: number
  records: SyncedRecord[]
  rejected: RejectedRecord[]
  /** Records whose id was sent in another spelling than it is kept in. */
  renamed: { collection: Collection; sent: string; kept: string }[]
  /** Records that came without what the device had seen of them. A fault of the app. */
  missing_base: Partial<Record<Collection, string[]>>
  safety_notice: SafetyNotice | null
  /** What was refused beside the parts that were accepted. */
  unsent: Unsent[]
  /** Why; null when everything was taken. */
  failure: Error | null
}

/** A line of a record's history. */
export interface HistoryLine {
  /** The journal's revision that it made. */
  rev: number
  /** `create`, `update`, `delete`, `resurrect`, `recreate`, or `superseded`. */
  op: string
  /** Did it change the record? A superseded value did not. */
  applied: boolean
  device_id: string | null
  actor_id: string | null
  edited_at: number | null
  received_at: number
  changes: Record<string, { from?: unknown; to?: unknown }>
}

/** A record in the server's quarantine. */
export interface QuarantinedRecord {
  /** Names this refusal, for `dismiss`. */
  id: string
  collection: string
  record_id: string
  code: string
  field: string | null
  faults?: Fault[]
  device_id: string | null
  received_at: number
  /** The record as it came, as JSON text. */
  payload: string
}

/** A page of the quarantine, newest first. */
export interface QuarantinePage {
  rejected: QuarantinedRecord[]
  has_more: boolean
  next_cursor: string | null
}

/** What to pull. */
export interface Pull {
  cursor: number
  limit?: number
  collections?: readonly Collection[]
  /** Deleted ids on a first sync too. */
  tombstones?: boolean
  /** WatermelonDB's migration object. */
  migration?: unknown
  /** Whose database it is. The server refuses another account's. */
  account?: string | null
}

/** A list as it travels: its items as JSON text. `listText` and `items` are the ways there and back. */
export type JsonList<T> = string & { readonly _items?: T }

/** The text of a list. */
export function listText<T>(items: readonly T[]): JsonList<T> {
  return JSON.stringify(items) as JsonList<T>
}

/** The items of a list; none where there is no text. */
export function items<T>(text: JsonList<T> | null | undefined): T[] {
  return text ? (JSON.parse(text) as T[]) : []
}

/** The values that lost in these records, by name. */
export function lostValues(records: readonly SyncedRecord[]): LostValue[] {
  return records.flatMap(({ collection, id, conflicts }) =>
    Object.entries(conflicts).map(([field, conflict]) => {
      const mine = 'sent' in conflict
      return {
        collection,
        id,
        field,
        stands: mine ? conflict.kept : conflict.applied,
        lost: mine ? conflict.sent : conflict.overwritten,
        mine,
        reason: conflict.reason ?? null,
        device_id: conflict.device_id,
        edited_at: conflict.edited_at,
      }
    }),
  )
}
