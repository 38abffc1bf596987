import type { Rows } from '@pain-journal/sync-core';
import type { RxJsonSchema } from 'rxdb';
/** A document: the id, and what has been filled in. */
export type Document<C extends keyof Rows> = Pick<Rows[C], 'id'> & Partial<Rows[C]>;
/** The schema of `journal_entries`. Types only: an older app must be able to keep what a newer server allows. */
export declare const journalEntriesSchema: RxJsonSchema<Document<'journal_entries'>>;
/** The schema of `sleep_records`. Types only: an older app must be able to keep what a newer server allows. */
export declare const sleepRecordsSchema: RxJsonSchema<Document<'sleep_records'>>;
/** The schema of `treatment_sessions`. Types only: an older app must be able to keep what a newer server allows. */
export declare const treatmentSessionsSchema: RxJsonSchema<Document<'treatment_sessions'>>;
/** The collections, for `database.addCollections`. */
export declare const syncedCollections: {
    journal_entries: {
        schema: RxJsonSchema<Document<"journal_entries">>;
    };
    sleep_records: {
        schema: RxJsonSchema<Document<"sleep_records">>;
    };
    treatment_sessions: {
        schema: RxJsonSchema<Document<"treatment_sessions">>;
    };
};
