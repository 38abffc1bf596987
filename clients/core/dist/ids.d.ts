type Random = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array;
/** A new id: random, and in the order of time. */
export declare function uuidv7(now?: number, random?: Random): string;
/**
 * The id of the one entry of a day: two devices that are offline on the same day make the same
 * record, and the server joins what was typed on both.
 *
 * `patient` is the id of the patient's account, `day` is `YYYY-MM-DD`.
 */
export declare function dayId(patient: string, collection: string, day: string): string;
export {};
