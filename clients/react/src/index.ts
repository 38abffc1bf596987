// What people see of the sync, as React hooks.

import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { Api, LostValue, Monitor, QuarantinedRecord, RejectedRecord, SafetyNotice, Snapshot, SyncState } from '@pain-journal/sync-core'

function useSnapshot<T>(monitor: Monitor, pick: (snapshot: Snapshot) => T): T {
  const read = (): T => pick(monitor.snapshot())
  return useSyncExternalStore(monitor.subscribe, read, read)
}

/** What the sync is doing, and when it last went through. */
export function useSyncState(monitor: Monitor): SyncState {
  return useSnapshot(monitor, ({ state }) => state)
}

/** Values that lost a conflict and were not looked at yet, the oldest first, and how to put one away. */
export function useConflicts(monitor: Monitor): { conflicts: readonly LostValue[]; dismiss: (conflict: LostValue) => void } {
  return { conflicts: useSnapshot(monitor, ({ conflicts }) => conflicts), dismiss: monitor.dismissConflict }
}

/** Records of this device that the server did not accept. One that is mended leaves by itself. */
export function useRejected(monitor: Monitor): readonly RejectedRecord[] {
  return useSnapshot(monitor, ({ rejected }) => rejected)
}

/** The notice to show at once, as it is; null when there is none. */
export function useSafetyNotice(monitor: Monitor): { notice: SafetyNotice | null; dismiss: () => void } {
  return { notice: useSnapshot(monitor, ({ notice }) => notice), dismiss: monitor.dismissNotice }
}

/** The server's quarantine: records of all devices that were not accepted. */
export interface Quarantine {
  /** The newest first, as far as they are loaded. */
  records: readonly QuarantinedRecord[]
  loading: boolean
  /** Are there more? */
  more: boolean
  /** Why the last request failed. */
  error: unknown
  /** Loads the next page. */
  loadMore: () => Promise<void>
  /** Loads the first page again. */
  reload: () => Promise<void>
  /** Takes a record out: its patient does not want it any more. */
  dismiss: (id: string) => Promise<void>
}

interface Loaded {
  records: readonly QuarantinedRecord[]
  cursor: string | null
  loading: boolean
  error: unknown
}

/** The server's quarantine, page by page. */
export function useQuarantine(api: Api, limit = 50): Quarantine {
  const [loaded, set] = useState<Loaded>({ records: [], cursor: null, loading: true, error: null })
  // An answer that comes after a newer question is of no use.
  const question = useRef(0)

  const ask = useCallback(
    async (cursor: string | null): Promise<void> => {
      const mine = ++question.current
      set((before) => ({ ...before, loading: true, error: null }))
      try {
        const page = await api.quarantine({ limit, ...(cursor ? { cursor } : {}) })
        if (mine !== question.current) return
        set((before) => ({
          records: cursor ? [...before.records, ...page.rejected] : page.rejected,
          cursor: page.has_more ? page.next_cursor : null,
          loading: false,
          error: null,
        }))
      } catch (error) {
        if (mine === question.current) set((before) => ({ ...before, loading: false, error }))
      }
    },
    [api, limit],
  )

  useEffect(() => {
    void ask(null)
    return () => void question.current++
  }, [ask])

  const { records, cursor, loading, error } = loaded
  return {
    records,
    loading,
    error,
    more: cursor !== null,
    loadMore: useCallback(async () => {
      if (cursor) await ask(cursor)
    }, [ask, cursor]),
    reload: useCallback(() => ask(null), [ask]),
    dismiss: useCallback(
      async (id: string) => {
        await api.dismiss(id)
        set((before) => ({ ...before, records: before.records.filter((record) => record.id !== id) }))
      },
      [api],
    ),
  }
}
