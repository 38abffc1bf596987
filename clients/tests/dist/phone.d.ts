import { Database } from '@nozbe/watermelondb';
import type { RejectedRecord, SyncedRecord, SyncOptions } from '@pain-journal/watermelondb';
import type { Row } from '@pain-journal/sync-core';
import type { Device } from './world.js';
/** What WatermelonDB complains of. */
export declare const complaints: string[];
export declare class Phone {
    readonly device: Device;
    /** How far the clock of this phone is off, in milliseconds. */
    readonly clock: number;
    readonly rejected: RejectedRecord[];
    readonly merged: SyncedRecord[];
    private adapter;
    private db;
    private ticks;
    constructor(device: Device, 
    /** How far the clock of this phone is off, in milliseconds. */
    clock?: number);
    get database(): Database;
    sync(more?: Partial<SyncOptions>): Promise<void>;
    /** The app is killed and started again. */
    restart(): Promise<void>;
    private set;
    create(row: Row, table?: string): Promise<string>;
    edit(id: string, values: Record<string, unknown>, table?: string): Promise<void>;
    remove(id: string, table?: string): Promise<void>;
    rows(table?: string): Promise<Map<string, Row & {
        _status: string;
    }>>;
    row(id: string, table?: string): Promise<(Row & {
        _status: string;
    }) | undefined>;
}
