import type { Api, RejectedRecord, SyncedRecord } from '@pain-journal/sync-core';
import type { Database } from '@nozbe/watermelondb';
import type { SyncLog } from '@nozbe/watermelondb/sync';
/** What to sync, and who wants to hear of it. */
export interface SyncOptions {
    database: Database;
    api: Api;
    /** Records the server did not accept. They stay on the device, unsynced, until they are fixed. */
    onRejected?: (rejected: RejectedRecord[]) => void;
    /** Records that stand otherwise than they were sent. The next pull brings them. */
    onMerged?: (records: SyncedRecord[]) => void;
    /** See WatermelonDB's migration syncs. */
    migrationsEnabledAtVersion?: number;
    log?: SyncLog;
}
/**
 * Syncs. May be called at any time: while a sync is running, all further calls share the one that
 * follows it.
 */
export declare function sync(options: SyncOptions): Promise<void>;
