"use strict";
// A device with RxDB, as an app would have it; every document is validated.
Object.defineProperty(exports, "__esModule", { value: true });
exports.Tablet = void 0;
const core_1 = require("rxdb/plugins/core");
const storage_memory_1 = require("rxdb/plugins/storage-memory");
const validate_ajv_1 = require("rxdb/plugins/validate-ajv");
const rxjs_1 = require("rxjs");
const rxdb_1 = require("@pain-journal/rxdb");
class Tablet {
    device;
    database;
    entries;
    rejected = [];
    merged = [];
    errors = [];
    poke$ = new rxjs_1.Subject();
    replication;
    constructor(device, database, entries) {
        this.device = device;
        this.database = database;
        this.entries = entries;
    }
    static async open(device) {
        const database = await (0, core_1.createRxDatabase)({
            name: `t${(0, rxdb_1.uuidv7)().replaceAll('-', '')}`,
            storage: (0, validate_ajv_1.wrappedValidateAjvStorage)({ storage: (0, storage_memory_1.getRxStorageMemory)() }),
            multiInstance: false,
        });
        const { journal_entries: entries } = await database.addCollections({ journal_entries: rxdb_1.syncedCollections.journal_entries });
        return new Tablet(device, database, entries);
    }
    /** Starts replicating, or starts again as a new process would. */
    async start(more = {}) {
        await this.replication?.cancel();
        this.replication = (0, rxdb_1.replicate)({
            collection: this.entries,
            api: this.device.api,
            pull$: this.poke$,
            retryTime: 50,
            onRejected: (rejected) => this.rejected.push(...rejected),
            onMerged: (records) => this.merged.push(...records),
            ...more,
        });
        this.replication.error$.subscribe((error) => this.errors.push(error));
        await this.replication.awaitInitialReplication();
        return this;
    }
    /** Sends everything and asks for everything. */
    async sync() {
        this.poke$.next();
        await this.replication?.awaitInSync();
    }
    async create(row) {
        await this.entries.insert({ updated_at: Date.now(), ...row });
        return row.id;
    }
    async edit(id, values) {
        const document = await this.entries.findOne(id).exec(true);
        await document.incrementalPatch({ updated_at: Date.now(), ...values });
    }
    async remove(id) {
        const document = await this.entries.findOne(id).exec(true);
        await document.incrementalRemove();
    }
    async row(id) {
        return (await this.rows()).get(id);
    }
    async rows() {
        const documents = await this.entries.find().exec();
        return new Map(documents.map((document) => [document.id, document.toMutableJSON()]));
    }
    async close() {
        await this.replication?.cancel();
        await this.database.close();
    }
}
exports.Tablet = Tablet;
