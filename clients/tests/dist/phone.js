"use strict";
// A device with WatermelonDB, as an app would have it.
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.Phone = exports.complaints = void 0;
const watermelondb_1 = require("@nozbe/watermelondb");
const lokijs_1 = __importDefault(require("@nozbe/watermelondb/adapters/lokijs"));
const Schema_1 = require("@nozbe/watermelondb/Schema");
const logger_1 = __importDefault(require("@nozbe/watermelondb/utils/common/logger"));
const watermelondb_2 = require("@pain-journal/watermelondb");
const randomId_1 = require("@nozbe/watermelondb/utils/common/randomId");
(0, randomId_1.setGenerator)(() => (0, watermelondb_2.uuidv7)());
/** What WatermelonDB complains of. */
exports.complaints = [];
const silent = logger_1.default;
silent['log'] = () => undefined;
silent['warn'] = (...words) => void exports.complaints.push(words.join(' '));
silent['error'] = (...words) => void exports.complaints.push(words.join(' '));
class Synced extends watermelondb_1.Model {
    get createdAt() {
        return this._getRaw('created_at');
    }
    get updatedAt() {
        return this._getRaw('updated_at');
    }
}
class Entry extends Synced {
    static table = 'journal_entries';
}
class Sleep extends Synced {
    static table = 'sleep_records';
}
class Session extends Synced {
    static table = 'treatment_sessions';
}
function open(adapter) {
    return new watermelondb_1.Database({ adapter, modelClasses: [Entry, Sleep, Session] });
}
function newAdapter() {
    return new lokijs_1.default({
        dbName: (0, watermelondb_2.uuidv7)(),
        schema: (0, Schema_1.appSchema)({ version: 1, tables: watermelondb_2.syncedTables }),
        useWebWorker: false,
        useIncrementalIndexedDB: true,
        // Saved only when a test asks for it.
        extraLokiOptions: { autosave: true, autosaveInterval: 1e8 },
    });
}
class Phone {
    device;
    clock;
    rejected = [];
    merged = [];
    adapter = newAdapter();
    db = open(this.adapter);
    ticks = 0;
    constructor(device, 
    /** How far the clock of this phone is off, in milliseconds. */
    clock = 0) {
        this.device = device;
        this.clock = clock;
    }
    get database() {
        return this.db;
    }
    async sync(more = {}) {
        await (0, watermelondb_2.sync)({
            database: this.db,
            api: this.device.api,
            onRejected: (rejected) => this.rejected.push(...rejected),
            onMerged: (records) => this.merged.push(...records),
            ...more,
        });
    }
    /** The app is killed and started again. */
    async restart() {
        this.adapter = (await this.adapter.testClone());
        this.db = open(this.adapter);
    }
    set(record, values) {
        for (const [name, value] of Object.entries(values)) {
            if (name !== 'id')
                record._setRaw(name, value);
        }
        record._setRaw('updated_at', Date.now() + this.clock + this.ticks++);
    }
    async create(row, table = 'journal_entries') {
        await this.db.write(async () => {
            await this.db.get(table).create((record) => {
                ;
                record._raw.id = row.id;
                this.set(record, row);
            });
        });
        return row.id;
    }
    async edit(id, values, table = 'journal_entries') {
        const record = await this.db.get(table).find(id);
        await this.db.write(() => record.update(() => this.set(record, values)));
    }
    async remove(id, table = 'journal_entries') {
        const record = await this.db.get(table).find(id);
        await this.db.write(() => record.markAsDeleted());
    }
    async rows(table = 'journal_entries') {
        const records = await this.db.get(table).query().fetch();
        return new Map(records.map((record) => [record.id, { ...record._raw }]));
    }
    async row(id, table = 'journal_entries') {
        return (await this.rows(table)).get(id);
    }
}
exports.Phone = Phone;
