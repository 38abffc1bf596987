import type { RxCollection } from 'rxdb';
import type { RxReplicationState } from 'rxdb/plugins/replication';
import { Subject } from 'rxjs';
import type { Checkpoint, Document, RejectedRecord, ReplicateOptions, SyncedRecord } from '@pain-journal/rxdb';
import type { Row } from '@pain-journal/sync-core';
import type { Device } from './world.js';
type Entry = Document<'journal_entries'>;
export declare class Tablet {
    readonly device: Device;
    private readonly database;
    readonly entries: RxCollection<Entry>;
    readonly rejected: RejectedRecord[];
    readonly merged: SyncedRecord[];
    readonly errors: unknown[];
    readonly poke$: Subject<void>;
    replication: RxReplicationState<Entry, Checkpoint> | undefined;
    private constructor();
    static open(device: Device): Promise<Tablet>;
    /** Starts replicating, or starts again as a new process would. */
    start(more?: Partial<ReplicateOptions<Entry>>): Promise<this>;
    /** Sends everything and asks for everything. */
    sync(): Promise<void>;
    create(row: Row): Promise<string>;
    edit(id: string, values: Record<string, unknown>): Promise<void>;
    remove(id: string): Promise<void>;
    row(id: string): Promise<Row | undefined>;
    rows(): Promise<Map<string, Row>>;
    close(): Promise<void>;
}
export {};
