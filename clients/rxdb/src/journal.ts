// The whole journal of a database: every synced collection it has, one stream of hints for all of them.

import type { Api, Callbacks, Collection, Monitor, OtherAccountError, RejectedRecord, SyncedRecord, UnboundError } from '@pain-journal/sync-core'
import type { RxReplicationState } from 'rxdb/plugins/replication'
import type { RxDatabase } from 'rxdb'
import { Subject } from 'rxjs'
import { syncedCollectionsOf } from './masters.js'
import { confirm, owner } from './owner.js'
import { replicate, undelete } from './replicate.js'
import type { Checkpoint } from './wire.js'

/** What to replicate, and who wants to hear of it. */
export interface JournalOptions extends Callbacks {
  database: RxDatabase<any>
  api: Api
  /** Collects for a user interface what the sync tells. */
  monitor?: Monitor
  /** Takes a database of before databases had owners for the account that is signed in, unseen. */
  adopt?: boolean
  /** Another account has signed in while the replication was running; it has ended. */
  onOtherAccount?: (error: OtherAccountError | UnboundError) => void
  /** The wait after a failure, in milliseconds. */
  retryTime?: number
}

/** A journal that replicates. */
export class Journal {
  private constructor(
    /** The replication of each collection, for its `error$` and whatever else RxDB offers. */
    readonly replications: ReadonlyMap<Collection, RxReplicationState<any, Checkpoint>>,
    private readonly poke$: Subject<void>,
    private readonly unwatch: () => void,
  ) {}

  /**
   * Starts to replicate every synced collection of the database. Fails with `OtherAccountError` or
   * `UnboundError`, with nothing read and nothing sent, when it is not the signed-in account's. Without a
   * network it starts, and finds out later.
   */
  static async start({ database, api, ...options }: JournalOptions): Promise<Journal> {
    await confirm(database, api, options.adopt ?? false)
    const poke$ = new Subject<void>()
    const replications = new Map<Collection, RxReplicationState<any, Checkpoint>>()
    for (const collection of syncedCollectionsOf(database)) {
      const started = replicate<{ id: string }>({ ...options, collection, api, pull$: poke$ })
      replications.set(collection.name as Collection, started)
    }
    const unwatch = api.watch(() => poke$.next(), { account: await owner(database) })
    return new Journal(replications, poke$, unwatch)
  }

  /** Asks for what is new, and waits until everything is sent and fetched. Needs the network. */
  async sync(): Promise<void> {
    this.poke$.next()
    await Promise.all([...this.replications.values()].map((replication) => replication.awaitInSync()))
  }

  /** Asks for what is new: the app came to the front, the network is back. */
  poke(): void {
    this.poke$.next()
  }

  /** Brings a deleted record back with its last values, and with these. Needs the network. */
  undelete(collection: Collection, id: string, values: Record<string, unknown> = {}): Promise<SyncedRecord | RejectedRecord | null> {
    const replication = this.replications.get(collection)
    if (!replication) throw new Error(`This database has no collection ${collection}.`)
    return undelete(replication, id, values)
  }

  /** Ends it, before another account signs in. What is not sent stays in the database. */
  async stop(): Promise<void> {
    this.unwatch()
    await Promise.all([...this.replications.values()].map((replication) => replication.cancel()))
    this.poke$.complete()
  }
}
