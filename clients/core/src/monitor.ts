// What people should see of the sync: what it is doing, what lost a conflict, what was not accepted, and the
// notice that red flags call for. A value with listeners, for the hooks of `@pain-journal/react` and for any
// other user interface.

import { OtherAccountError, SyncError, UnboundError } from './errors.js'
import type { LostValue, RejectedRecord, SafetyNotice, SyncedRecord } from './wire.js'
import { lostValues } from './wire.js'

/** Who wants to hear of what a push brought. */
export interface Callbacks {
  /** Values that lost a conflict, by name. The patient may want one of them back. */
  onConflict?: (lost: LostValue[]) => void
  /** Records that stand otherwise than they were sent. The library takes them over. */
  onMerged?: (records: SyncedRecord[]) => void
  /** Records the server did not accept, with all that is wrong with them. */
  onRejected?: (rejected: RejectedRecord[]) => void
  /** A text to be shown at once, as it is: what was sent names a red flag. */
  onSafetyNotice?: (notice: SafetyNotice) => void
}

/** What the sync is doing. */
export interface SyncState {
  phase: 'idle' | 'syncing' | 'offline' | 'signed_out' | 'other_account' | 'failed'
  /** When a sync last went through, in milliseconds since 1970; null before the first. */
  syncedAt: number | null
  /** Why the last one did not. */
  error: unknown
}

/** Everything that is shown. A new object with every change, and only then. */
export interface Snapshot {
  state: SyncState
  conflicts: readonly LostValue[]
  rejected: readonly RejectedRecord[]
  notice: SafetyNotice | null
}

/** Conflicts that wait to be looked at; older ones are in the history of their records. */
const MOST_CONFLICTS = 200

const place = ({ collection, id }: { collection: string; id: string }): string => `${collection}/${id}`

/** Collects what a sync tells. Hand it to `sync` or `replicate` as `monitor`. */
export class Monitor {
  private readonly listeners = new Set<() => void>()
  private present: Snapshot = {
    state: { phase: 'idle', syncedAt: null, error: null },
    conflicts: [],
    rejected: [],
    notice: null,
  }

  constructor(private readonly now: () => number = Date.now) {}

  /** Calls `listener` after every change, until the returned function is called. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => void this.listeners.delete(listener)
  }

  /** What there is to show. The same object until something changes. */
  readonly snapshot = (): Snapshot => this.present

  /** A sync has begun. */
  started(): void {
    this.set({ state: { ...this.present.state, phase: 'syncing' } })
  }

  /** A sync went through. */
  finished(): void {
    this.set({ state: { phase: 'idle', syncedAt: this.now(), error: null } })
  }

  /** A sync did not go through. */
  failed(error: unknown): void {
    this.set({ state: { ...this.present.state, phase: phaseOf(error), error } })
  }

  /** What became of records that were sent; `sent` are all of them. */
  pushed(sent: readonly { collection: string; id: string }[], answer: { records: SyncedRecord[]; rejected: RejectedRecord[]; safety_notice: SafetyNotice | null }): void {
    const settled = new Set([...sent, ...answer.rejected].map(place))
    const rejected = [...this.present.rejected.filter((one) => !settled.has(place(one))), ...answer.rejected]
    const lost = lostValues(answer.records)
    const changed = rejected.length !== this.present.rejected.length || answer.rejected.length > 0
    this.set({
      ...(lost.length ? { conflicts: [...this.present.conflicts, ...lost].slice(-MOST_CONFLICTS) } : {}),
      ...(changed ? { rejected } : {}),
      ...(answer.safety_notice ? { notice: answer.safety_notice } : {}),
    })
  }

  /** The patient has looked at this conflict. */
  readonly dismissConflict = (conflict: LostValue): void => {
    this.set({ conflicts: this.present.conflicts.filter((one) => one !== conflict) })
  }

  /** The patient has seen the notice. */
  readonly dismissNotice = (): void => this.set({ notice: null })

  /** Forgets everything: another account signs in. */
  clear(): void {
    this.set({ state: { phase: 'idle', syncedAt: null, error: null }, conflicts: [], rejected: [], notice: null })
  }

  private set(changes: Partial<Snapshot>): void {
    if (!Object.keys(changes).length) return
    this.present = { ...this.present, ...changes }
    for (const listener of [...this.listeners]) listener()
  }
}

/** Tells everybody who wants to hear what became of a push. */
export function tell(
  { onConflict, onMerged, onRejected, onSafetyNotice, monitor }: Callbacks & { monitor?: Monitor | undefined },
  sent: readonly { collection: string; id: string }[],
  answer: { records: SyncedRecord[]; rejected: RejectedRecord[]; safety_notice: SafetyNotice | null },
): void {
  monitor?.pushed(sent, answer)
  const lost = lostValues(answer.records)
  if (answer.safety_notice) onSafetyNotice?.(answer.safety_notice)
  if (lost.length) onConflict?.(lost)
  if (answer.records.length) onMerged?.(answer.records)
  if (answer.rejected.length) onRejected?.(answer.rejected)
}

function phaseOf(error: unknown): SyncState['phase'] {
  if (error instanceof OtherAccountError || error instanceof UnboundError) return 'other_account'
  if (!(error instanceof SyncError)) return 'failed'
  if (error.signedOut) return 'signed_out'
  return error.status === 0 ? 'offline' : 'failed'
}
