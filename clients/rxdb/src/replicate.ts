// The way between an RxDB collection and the server. The server merges, so RxDB's default conflict
// handler (the server's state stands) is the right one here.

import { OtherAccountError, UnboundError } from '@pain-journal/sync-core'
import type { Api, Callbacks, Monitor, RejectedRecord, SyncedRecord } from '@pain-journal/sync-core'
import { replicateRxCollection } from 'rxdb/plugins/replication'
import type { RxReplicationState } from 'rxdb/plugins/replication'
import type { RxCollection } from 'rxdb'
import type { Observable } from 'rxjs'
import { map } from 'rxjs'
import { identifierOf } from './masters.js'
import { Wire } from './wire.js'
import type { Checkpoint } from './wire.js'

/** What to replicate, and who wants to hear of it. */
export interface ReplicateOptions<D extends { id: string }> extends Callbacks {
  collection: RxCollection<D>
  api: Api
  /** Emits whenever there may be something to pull. */
  pull$?: Observable<unknown>
  /** Collects for a user interface what the sync tells. */
  monitor?: Monitor
  /** Takes a database of before databases had owners for the account that is signed in, unseen. */
  adopt?: boolean
  /** The database is another account's: the replication has ended, with nothing read and nothing sent. */
  onOtherAccount?: (error: OtherAccountError | UnboundError) => void
  /** Keep replicating, instead of once; true unless said otherwise. */
  live?: boolean
  /** The wait after a failure, in milliseconds. */
  retryTime?: number
  /** Documents a pull. */
  batchSize?: number
  /** How long RxDB may take to note down an answered push, in milliseconds. */
  settleTime?: number
}

const wires = new WeakMap<RxReplicationState<any, any>, Wire<any>>()

/** Replicates one collection. It must be named as on the server. */
export function replicate<D extends { id: string }>(options: ReplicateOptions<D>): RxReplicationState<D, Checkpoint> {
  const { collection, api, pull$, live = true, retryTime = 5000, batchSize = 500 } = options
  let ended = false
  const wire = new Wire(options, (error) => {
    if (ended) return
    ended = true
    // RxDB first tells of the failure in `error$`, then it is ended: tried again, it would fail again.
    setTimeout(() => {
      // One that runs once is cancelled only after its end, which would never come.
      void (live ? replication.cancel() : replication._cancel())
      options.onOtherAccount?.(error)
    }, 0)
  })
  const replication = replicateRxCollection<D, Checkpoint>({
    collection,
    replicationIdentifier: identifierOf(api, collection),
    live,
    retryTime,
    waitForLeadership: collection.database.multiInstance,
    pull: {
      batchSize,
      ...(pull$ ? { stream$: pull$.pipe(map(() => 'RESYNC' as const)) } : {}),
      handler: (checkpoint, limit) => wire.pull(checkpoint, limit),
    },
    push: { batchSize: 100, handler: (rows) => wire.push(rows) },
  })
  wires.set(replication, wire)
  return replication
}

/**
 * Brings a deleted record back with its last values, and with these. Needs the network. Answers what the
 * server made of it; the document comes with the pull that follows.
 */
export async function undelete<D extends { id: string }>(
  replication: RxReplicationState<D, Checkpoint>,
  id: string,
  values: Partial<D> = {},
): Promise<SyncedRecord | RejectedRecord | null> {
  const wire = wires.get(replication)
  if (!wire) throw new Error('This replication was not started by `replicate`.')
  // A delete that waits here goes first.
  await replication.awaitInSync()
  const outcome = await wire.undelete(id, values)
  replication.reSync()
  return outcome
}
