import type { Api, RejectedRecord, SyncedRecord } from '@pain-journal/sync-core';
import type { RxReplicationState } from 'rxdb/plugins/replication';
import type { RxCollection } from 'rxdb';
import type { Observable } from 'rxjs';
/** Where a collection's pull stands. `full`: pulling everything again, tombstones too. */
export interface Checkpoint {
    cursor: number;
    full?: boolean;
}
/** What to replicate, and who wants to hear of it. */
export interface ReplicateOptions<D extends {
    id: string;
}> {
    collection: RxCollection<D>;
    api: Api;
    /** Emits whenever there may be something to pull. */
    pull$?: Observable<unknown>;
    /** Records the server did not accept. The device keeps them as they are; fix and save them again. */
    onRejected?: (rejected: RejectedRecord[]) => void;
    /** Records that stand otherwise than they were sent. RxDB takes them over by itself. */
    onMerged?: (records: SyncedRecord[]) => void;
    /** Keep replicating, instead of once; true unless said otherwise. */
    live?: boolean;
    /** The wait after a failure, in milliseconds. */
    retryTime?: number;
    /** Documents a pull. */
    batchSize?: number;
    /** How long RxDB may take to note down an answered push, in milliseconds. */
    settleTime?: number;
}
/** Replicates one collection. It must be named as on the server. */
export declare function replicate<D extends {
    id: string;
}>(options: ReplicateOptions<D>): RxReplicationState<D, Checkpoint>;
