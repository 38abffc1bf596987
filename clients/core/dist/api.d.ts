import type { Rows } from './rows.js';
/** The schema these packages were built with. */
export declare const SCHEMA_VERSION = 1;
/** A synced collection. */
export type Collection = keyof Rows;
/** A record as it travels: flat values only. */
export type Row = {
    id: string;
} & Record<string, unknown>;
/** What the server has changed in one collection. */
export interface PulledChanges {
    created: Row[];
    updated: Row[];
    deleted: string[];
}
/** A page of changes. */
export interface Page {
    changes: Partial<Record<Collection, PulledChanges>>;
    /** The cursor for the next pull. */
    timestamp: number;
    has_more: boolean;
}
/** A record to delete; with the values the device had seen, where it knows them. */
export type Deletion = string | {
    id: string;
    _base: Record<string, unknown>;
};
/** What the device has changed in one collection. */
export interface PushedChanges {
    created: Row[];
    updated: Row[];
    deleted: Deletion[];
}
/** What the device has changed. */
export type Changes = Partial<Record<Collection, PushedChanges>>;
/** A field both sides have changed. The value that does not stand is in the record's history. */
export interface Conflict {
    applied?: unknown;
    overwritten?: unknown;
    kept?: unknown;
    sent?: unknown;
    reason?: string;
    device_id: string | null;
    edited_at: number | null;
}
/** A record that stands otherwise than it was sent. */
export interface SyncedRecord {
    collection: Collection;
    id: string;
    result: 'merged' | 'conflict' | 'resurrected' | 'kept' | 'deleted';
    timestamp: number;
    /** The record as it stands; null when it is deleted. */
    record: Row | null;
    conflicts: Record<string, Conflict>;
}
/** A record the server did not accept. It keeps a copy of it; the device keeps the record. */
export interface RejectedRecord {
    collection: Collection;
    id: string;
    code: string;
    field: string | null;
}
/** What became of a push. */
export interface PushResult {
    timestamp: number;
    accepted: number;
    unchanged: number;
    records: SyncedRecord[];
    rejected: RejectedRecord[];
}
/** What to pull. */
export interface Pull {
    cursor: number;
    limit?: number;
    collections?: readonly Collection[];
    /** Deleted ids on a first sync too. */
    tombstones?: boolean;
    /** WatermelonDB's migration object. */
    migration?: unknown;
}
/** An answer that is no success, or no answer at all. */
export declare class SyncError extends Error {
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number;
    /** The problem's code; empty when there is none. */
    readonly code: string;
    /** The problem as the server described it. */
    readonly problem: Record<string, unknown>;
    readonly name = "SyncError";
    constructor(message: string, 
    /** The HTTP status; 0 when there was no answer. */
    status: number, 
    /** The problem's code; empty when there is none. */
    code: string, 
    /** The problem as the server described it. */
    problem: Record<string, unknown>, options?: ErrorOptions);
    /** Must the device sync from the start? Why is in `problem.reason`. */
    get resync(): boolean;
}
/** How to reach the server. */
export interface ApiOptions {
    /** The address of the server, without a path. */
    baseUrl: string;
    /** The access token. `refused` tells that the last one was not accepted: get a new one. */
    token: (refused: boolean) => string | Promise<string>;
    /** Packs the body of a push, where the platform can. */
    gzip?: (text: string) => Promise<Uint8Array<ArrayBuffer>>;
    /** Another `fetch`. */
    fetch?: typeof fetch;
    /** How often a request is tried, 5 unless said otherwise. */
    attempts?: number;
    /** How long an attempt may take, in milliseconds. */
    timeout?: number;
    /** The first wait between attempts, in milliseconds; it doubles each time. */
    backoff?: number;
}
/** The sync wire of one signed-in device. */
export declare class Api {
    private readonly options;
    constructor(options: ApiOptions);
    /** The server's address; names the other end of a replication. */
    get baseUrl(): string;
    /** One page of changes. */
    pull(pull: Pull): Promise<Page>;
    /** Every page from the cursor on, joined; where a record comes twice, the later one counts. */
    pullAll(pull: Pull): Promise<{
        changes: Partial<Record<Collection, PulledChanges>>;
        timestamp: number;
    }>;
    /** Sends changes, in as many requests as they need; `cursor` is the timestamp of the last pull. */
    push(changes: Changes, cursor: number): Promise<PushResult>;
    private send;
    private attempt;
}
