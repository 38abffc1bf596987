"use strict";
// The way between an RxDB collection and the server. The server merges, so RxDB's default conflict
// handler (the server's state stands) is the right one here.
Object.defineProperty(exports, "__esModule", { value: true });
exports.replicate = replicate;
const sync_core_1 = require("@pain-journal/sync-core");
const replication_1 = require("rxdb/plugins/replication");
const rxjs_1 = require("rxjs");
const turnstile_js_1 = require("./turnstile.js");
/** Replicates one collection. It must be named as on the server. */
function replicate(options) {
    const { collection, api, pull$, live = true, retryTime = 5000, batchSize = 500 } = options;
    const wire = new Wire(options);
    return (0, replication_1.replicateRxCollection)({
        collection,
        replicationIdentifier: `${api.baseUrl}|${collection.name}`,
        live,
        retryTime,
        waitForLeadership: collection.database.multiInstance,
        pull: {
            batchSize,
            ...(pull$ ? { stream$: pull$.pipe((0, rxjs_1.map)(() => 'RESYNC')) } : {}),
            handler: (checkpoint, limit) => wire.pull(checkpoint, limit),
        },
        push: { batchSize: 100, handler: (rows) => wire.push(rows) },
    });
}
class Wire {
    options;
    name;
    fields;
    turnstile;
    /** Of records that were refused: what the server has instead. RxDB takes them to be sent. */
    refused = new Map();
    waiting = [];
    constructor(options) {
        this.options = options;
        const { name, schema } = options.collection;
        const synced = sync_core_1.FIELDS[name];
        if (!synced)
            throw new Error(`The server has no collection ${name}.`);
        this.name = name;
        // What both sides know: a newer server has more fields, an app may keep some for itself.
        const own = schema.jsonSchema.properties;
        this.fields = synced.filter((field) => field in own);
        this.turnstile = new turnstile_js_1.Turnstile(options.settleTime ?? 100);
    }
    async pull(checkpoint, limit) {
        let full = checkpoint?.full ?? false;
        const page = await this.turnstile.alone(async () => {
            const pull = { cursor: checkpoint?.cursor ?? 0, limit, collections: [this.name], tombstones: full };
            try {
                return await this.options.api.pull(pull);
            }
            catch (error) {
                if (!(error instanceof sync_core_1.SyncError) || !error.resync)
                    throw error;
                full = true;
                if (error.problem['reason'] !== 'tombstones_purged')
                    await this.offerBack();
                return await this.options.api.pull({ ...pull, cursor: 0, tombstones: true });
            }
        });
        const changes = page.changes[this.name];
        const live = changes ? [...changes.created, ...changes.updated] : [];
        const gone = (changes?.deleted ?? []).map((id) => ({ id, _deleted: true }));
        return {
            // Everything is pulled again across restarts, too, until the last page is in.
            checkpoint: { cursor: page.timestamp, full: full && page.has_more },
            documents: [...live.map((row) => this.document(row)), ...gone],
        };
    }
    /**
     * RxDB hands a large change over in several batches at once and notes down none of them before all
     * are answered. They are sent as one, so that they succeed or fail together.
     */
    push(rows) {
        return new Promise((done, failed) => {
            this.waiting.push({ rows, done, failed });
            if (this.waiting.length === 1)
                void this.turnstile.together(() => this.flush());
        });
    }
    async flush() {
        // Batches that are handed over at once arrive within a moment.
        await new Promise((resolve) => setTimeout(resolve, 10));
        const batches = this.waiting;
        this.waiting = [];
        try {
            const conflicts = await this.send(batches.flatMap((batch) => batch.rows));
            for (const { rows, done } of batches) {
                done(rows.flatMap((row) => conflicts.get(row.newDocumentState.id) ?? []));
            }
        }
        catch (error) {
            for (const { failed } of batches)
                failed(error);
        }
    }
    async send(rows) {
        const changes = { created: [], updated: [], deleted: [] };
        const sent = new Map();
        const masters = new Map();
        for (const { assumedMasterState, newDocumentState: document } of rows) {
            const master = this.refused.has(document.id) ? this.refused.get(document.id) : assumedMasterState;
            sent.set(document.id, document);
            masters.set(document.id, master);
            const known = master && !master._deleted;
            if (document._deleted) {
                // Without a known state it may still have reached the server, in a push whose answer was lost.
                changes.deleted.push(known ? { id: document.id, _base: this.row(master) } : document.id);
            }
            else if (known) {
                changes.updated.push({ ...this.row(document), _base: this.row(master) });
            }
            else {
                changes.created.push(this.row(document));
            }
        }
        const result = await this.options.api.push({ [this.name]: changes }, 0);
        for (const id of sent.keys())
            this.refused.delete(id);
        for (const { id } of result.rejected)
            this.refused.set(id, masters.get(id));
        if (result.rejected.length)
            this.options.onRejected?.(result.rejected);
        if (result.records.length)
            this.options.onMerged?.(result.records);
        const conflicts = new Map();
        for (const { id, record } of result.records) {
            const mine = sent.get(id);
            if (record)
                conflicts.set(id, this.document(record));
            else if (mine && !mine._deleted)
                conflicts.set(id, { ...mine, _deleted: true });
        }
        return conflicts;
    }
    /**
     * After the server has lost its newest changes (a restored backup): sends what this device still
     * holds and the server does not, records and later edits of records.
     */
    async offerBack() {
        const { collection, api } = this.options;
        const everything = (await api.pullAll({ cursor: 0, collections: [this.name], tombstones: true })).changes[this.name];
        const live = new Map((everything?.updated ?? []).map((row) => [row.id, row]));
        const gone = new Set(everything?.deleted);
        const changes = { created: [], updated: [], deleted: [] };
        for (const document of await collection.find().exec()) {
            const mine = this.row(document.toMutableJSON());
            const row = live.get(mine.id);
            if (!row) {
                if (!gone.has(mine.id))
                    changes.created.push(mine);
            }
            else if (Number(mine['updated_at'] ?? 0) > Number(row['updated_at'] ?? 0)) {
                changes.updated.push({ ...mine, _base: this.row(row) });
            }
        }
        const result = await api.push({ [this.name]: changes }, 0);
        if (result.rejected.length)
            this.options.onRejected?.(result.rejected);
    }
    row(document) {
        const values = document;
        const row = { id: document.id };
        for (const field of this.fields)
            if (values[field] !== undefined)
                row[field] = values[field];
        return row;
    }
    document(row) {
        return { ...this.row(row), _deleted: false };
    }
}
