"use strict";
// The way between a WatermelonDB and the server. The wire is WatermelonDB's own; what is added here
// keeps unsynced typing alive in the places where synchronize() alone would drop it.
var __createBinding = (this && this.__createBinding) || (Object.create ? (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    var desc = Object.getOwnPropertyDescriptor(m, k);
    if (!desc || ("get" in desc ? !m.__esModule : desc.writable || desc.configurable)) {
      desc = { enumerable: true, get: function() { return m[k]; } };
    }
    Object.defineProperty(o, k2, desc);
}) : (function(o, m, k, k2) {
    if (k2 === undefined) k2 = k;
    o[k2] = m[k];
}));
var __setModuleDefault = (this && this.__setModuleDefault) || (Object.create ? (function(o, v) {
    Object.defineProperty(o, "default", { enumerable: true, value: v });
}) : function(o, v) {
    o["default"] = v;
});
var __importStar = (this && this.__importStar) || (function () {
    var ownKeys = function(o) {
        ownKeys = Object.getOwnPropertyNames || function (o) {
            var ar = [];
            for (var k in o) if (Object.prototype.hasOwnProperty.call(o, k)) ar[ar.length] = k;
            return ar;
        };
        return ownKeys(o);
    };
    return function (mod) {
        if (mod && mod.__esModule) return mod;
        var result = {};
        if (mod != null) for (var k = ownKeys(mod), i = 0; i < k.length; i++) if (k[i] !== "default") __createBinding(result, mod, k[i]);
        __setModuleDefault(result, mod);
        return result;
    };
})();
Object.defineProperty(exports, "__esModule", { value: true });
exports.sync = sync;
const sync_core_1 = require("@pain-journal/sync-core");
const Q = __importStar(require("@nozbe/watermelondb/QueryDescription"));
const sync_1 = require("@nozbe/watermelondb/sync");
const TIMES = new Set(['created_at', 'updated_at']);
const queues = new WeakMap();
/**
 * Syncs. May be called at any time: while a sync is running, all further calls share the one that
 * follows it.
 */
function sync(options) {
    const queue = queues.get(options.database);
    if (!queue)
        return start(options);
    queue.next ??= queue.running.then(() => start(options), () => start(options));
    return queue.next;
}
function start(options) {
    const queue = {
        running: run(options).finally(() => {
            if (queues.get(options.database) === queue && !queue.next)
                queues.delete(options.database);
        }),
    };
    queues.set(options.database, queue);
    return queue.running;
}
async function run({ database, api, onRejected, onMerged, migrationsEnabledAtVersion, log }) {
    const collections = syncedTables(database);
    await (0, sync_1.synchronize)({
        database,
        sendCreatedAsUpdated: true,
        ...(migrationsEnabledAtVersion === undefined ? {} : { migrationsEnabledAtVersion }),
        ...(log ? { log } : {}),
        // WatermelonDB keeps the local value of fields it knows to be changed. Of a record that is still
        // new here it knows none, and would take the server's copy whole.
        conflictResolver: (_table, local, _remote, resolved) => {
            if (local._status === 'created') {
                for (const [name, value] of Object.entries(local)) {
                    if (name !== 'id' && !name.startsWith('_') && value !== null)
                        resolved[name] = value;
                }
            }
            return resolved;
        },
        pullChanges: async ({ lastPulledAt, migration }) => {
            try {
                const pulled = await api.pullAll({ cursor: lastPulledAt ?? 0, collections, migration });
                await spareEdits(database, pulled.changes);
                return { changes: whole(pulled.changes), timestamp: pulled.timestamp };
            }
            catch (error) {
                if (!(error instanceof sync_core_1.SyncError) || !error.resync)
                    throw error;
                const purged = error.problem['reason'] === 'tombstones_purged';
                const pulled = await api.pullAll({ cursor: 0, collections, tombstones: true });
                await offerBack(database, collections, pulled.changes, purged);
                await spareEdits(database, pulled.changes);
                return {
                    changes: whole(pulled.changes),
                    timestamp: pulled.timestamp,
                    // WatermelonDB knows the option; its type does not.
                    ...{ experimentalStrategy: 'replacement' },
                };
            }
        },
        pushChanges: async ({ changes, lastPulledAt }) => {
            const pushed = { ...changes };
            const out = {};
            for (const name of collections) {
                const lists = pushed[name];
                if (!lists)
                    continue;
                const rows = (raws) => raws.map((raw) => outgoing(name, raw));
                out[name] = { created: rows(lists.created), updated: rows(lists.updated), deleted: [...lists.deleted] };
            }
            const result = await api.push(out, lastPulledAt);
            if (result.records.length)
                onMerged?.(result.records);
            if (!result.rejected.length)
                return {};
            onRejected?.(result.rejected);
            const ids = {};
            for (const { collection, id } of result.rejected)
                (ids[collection] ??= []).push(id);
            return { experimentalRejectedIds: ids };
        },
    });
}
/** The synced collections this app has a table for. */
function syncedTables(database) {
    const known = Object.keys(sync_core_1.FIELDS);
    return known.filter((name) => name in database.schema.tables);
}
/** A record without the columns an app keeps for itself. */
function outgoing(name, raw) {
    const row = { _status: raw._status, _changed: raw._changed };
    for (const field of sync_core_1.FIELDS[name]) {
        // These two cannot be null here: 0 is a time that the app's model does not keep.
        const unset = raw[field] === undefined || (TIMES.has(field) && raw[field] === 0);
        if (!unset)
            row[field] = raw[field];
    }
    return { ...row, id: raw.id };
}
const whole = (changes) => Object.fromEntries(Object.entries(changes).filter(([, lists]) => lists !== undefined));
const rawOf = (record) => record._raw;
/** Keeps records that were deleted elsewhere and edited here: the push brings them back. */
async function spareEdits(database, changes) {
    for (const [name, lists] of Object.entries(changes)) {
        if (!lists.deleted.length)
            continue;
        const query = database.get(name).query(Q.where('id', Q.oneOf(lists.deleted)));
        const edited = (await query.fetch()).filter((record) => rawOf(record)._status !== 'synced');
        const ids = new Set(edited.map((record) => record.id));
        lists.deleted = lists.deleted.filter((id) => !ids.has(id));
    }
}
/**
 * After the server has lost its newest changes (a restored backup): marks for the next push what
 * this device still holds and the server does not: records it does not know, later edits of records
 * it knows, and edits not yet sent. `changes` is everything the server has.
 */
async function offerBack(database, collections, changes, purged) {
    await database.write(async () => {
        const held = new Map();
        for (const name of collections)
            held.set(name, await database.get(name).query().fetch());
        // From here on at one go: WatermelonDB wants prepared records at once.
        const marked = [];
        for (const [name, records] of held) {
            const lists = changes[name];
            const live = new Map((lists?.updated ?? []).map((row) => [row.id, row]));
            const gone = new Set(lists?.deleted);
            for (const record of records) {
                const raw = rawOf(record);
                const row = live.get(record.id);
                if (row) {
                    const newer = Number(raw['updated_at'] ?? 0) > Number(row['updated_at'] ?? 0);
                    if (raw._status !== 'synced' || purged || !newer)
                        continue;
                    const differs = sync_core_1.FIELDS[name].filter((field) => raw[field] !== row[field]);
                    marked.push(mark(record, 'updated', differs.join(',')));
                }
                else if (raw._status === 'updated' || (raw._status === 'synced' && !purged && !gone.has(record.id))) {
                    marked.push(mark(record, 'created', ''));
                }
            }
        }
        await database.batch(marked);
    });
}
/** Changes the bookkeeping of a record, and nothing else: it was not edited now. */
function mark(record, status, changed) {
    const before = { ...rawOf(record) };
    return record.prepareUpdate(() => {
        Object.assign(rawOf(record), before, { _status: status, _changed: changed });
    });
}
