import { Api } from '@pain-journal/sync-core';
import type { ApiOptions, Collection, Row } from '@pain-journal/sync-core';
import { Net } from './net.js';
export declare const baseUrl: string;
export declare const wait: (time: number) => Promise<void>;
/** A device that is signed in, and talks plain HTTP. */
export declare class Device {
    readonly patient: string;
    readonly token: string;
    readonly net: Net;
    readonly api: Api;
    constructor(patient: string, token: string, options?: Partial<ApiOptions>);
    /** Asks for JSON, past the network's troubles. */
    get(path: string): Promise<any>;
    /** Everything the server has of a collection. */
    all(collection?: Collection): Promise<Map<string, Row>>;
    /** The same device on a good network. */
    plain(): Api;
    /** Every value a field of a record ever had. */
    values(id: string, field: string): Promise<unknown[]>;
}
/** A fresh patient with so many devices. */
export declare function patient(devices: number, options?: Partial<ApiOptions>): Promise<Device[]>;
/** A moment of the last days, and its day. */
export declare const moment: (hoursAgo?: number) => number;
export declare const day: (hoursAgo?: number) => string;
/** A new entry. */
export declare function entry(values?: Record<string, unknown>): Row;
/** The values of a record without what a device and a server may fill in differently. */
export declare function content(row: Record<string, unknown> | null | undefined, collection?: Collection): unknown;
/** Waits until an assertion holds. */
export declare function eventually(check: () => unknown, time?: number): Promise<void>;
/** Runs SQL on the server's database through the harness: what an operator does. */
export declare function operator(sql: string): Promise<void>;
