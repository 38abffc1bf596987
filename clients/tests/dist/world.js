"use strict";
// The server under test, its patients and their devices.
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
exports.day = exports.moment = exports.Device = exports.wait = exports.baseUrl = void 0;
exports.patient = patient;
exports.entry = entry;
exports.content = content;
exports.eventually = eventually;
exports.operator = operator;
const strict_1 = __importDefault(require("node:assert/strict"));
const node_fs_1 = require("node:fs");
const node_path_1 = require("node:path");
const node_zlib_1 = require("node:zlib");
const node_util_1 = require("node:util");
const sync_core_1 = require("@pain-journal/sync-core");
const net_js_1 = require("./net.js");
function setting(name) {
    const value = process.env[name];
    if (!value)
        throw new Error(`${name} is not set; these tests are started by \`script/test clients\`.`);
    return value;
}
exports.baseUrl = setting('BASE_URL');
const accounts = JSON.parse(setting('ACCOUNTS'));
let used = 0;
const pack = (0, node_util_1.promisify)(node_zlib_1.gzip);
const wait = (time) => new Promise((done) => setTimeout(done, time));
exports.wait = wait;
/** A device that is signed in, and talks plain HTTP. */
class Device {
    patient;
    token;
    net = new net_js_1.Net();
    api;
    constructor(patient, token, options = {}) {
        this.patient = patient;
        this.token = token;
        this.api = new sync_core_1.Api({
            baseUrl: exports.baseUrl,
            token: () => token,
            fetch: this.net.fetch,
            backoff: 20,
            timeout: 20_000,
            gzip: async (text) => Uint8Array.from(await pack(text)),
            ...options,
        });
    }
    /** Asks for JSON, past the network's troubles. */
    async get(path) {
        const answer = await fetch(`${exports.baseUrl}${path}`, { headers: { authorization: `Bearer ${this.token}` } });
        strict_1.default.equal(answer.status, 200, path);
        return answer.json();
    }
    /** Everything the server has of a collection. */
    async all(collection = 'journal_entries') {
        const { changes } = await this.plain().pullAll({ cursor: 0, collections: [collection] });
        return new Map((changes[collection]?.updated ?? []).map((row) => [row.id, row]));
    }
    /** The same device on a good network. */
    plain() {
        return new sync_core_1.Api({ baseUrl: exports.baseUrl, token: () => this.token });
    }
    /** Every value a field of a record ever had. */
    async values(id, field) {
        const { history } = await this.get(`/v1/sync/history/journal_entries/${id}`);
        return history.flatMap((line) => (field in line.changes ? [line.changes[field].from, line.changes[field].to] : []));
    }
}
exports.Device = Device;
async function signIn(account, options) {
    const answer = await fetch(`${exports.baseUrl}/v1/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: account.email, password: account.password, device: { name: 'test device' } }),
    });
    const body = await answer.json();
    strict_1.default.equal(answer.status, 200, JSON.stringify(body));
    return new Device(account.id, body.tokens.access_token, options);
}
/** A fresh patient with so many devices. */
async function patient(devices, options) {
    const account = accounts[used++];
    if (!account)
        throw new Error('The harness made too few accounts.');
    const all = [];
    while (all.length < devices)
        all.push(await signIn(account, options));
    return all;
}
const HOUR = 3_600_000;
/** A moment of the last days, and its day. */
const moment = (hoursAgo = 30) => Math.floor(Date.now() / 1000) * 1000 - hoursAgo * HOUR;
exports.moment = moment;
const day = (hoursAgo = 30) => new Date((0, exports.moment)(hoursAgo)).toISOString().slice(0, 10);
exports.day = day;
/** A new entry. */
function entry(values = {}) {
    return { id: (0, sync_core_1.uuidv7)(), kind: 'momentary', effective_at: (0, exports.moment)(), time_zone: 'UTC', ...values };
}
/** The values of a record without what a device and a server may fill in differently. */
function content(row, collection = 'journal_entries') {
    if (!row)
        return null;
    const names = sync_core_1.FIELDS[collection].filter((name) => !['created_at', 'updated_at'].includes(name));
    return Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
}
/** Waits until an assertion holds. */
async function eventually(check, time = 15_000) {
    const end = Date.now() + time;
    for (;;) {
        try {
            await check();
            return;
        }
        catch (error) {
            if (Date.now() > end)
                throw error;
            await (0, exports.wait)(50);
        }
    }
}
/** Runs SQL on the server's database through the harness: what an operator does. */
async function operator(sql) {
    const desk = setting('OPERATOR_DESK');
    const name = (0, sync_core_1.uuidv7)();
    const done = (0, node_path_1.join)(desk, `${name}.done`);
    (0, node_fs_1.writeFileSync)((0, node_path_1.join)(desk, `${name}.new`), sql);
    (0, node_fs_1.renameSync)((0, node_path_1.join)(desk, `${name}.new`), (0, node_path_1.join)(desk, `${name}.sql`));
    await eventually(() => strict_1.default.ok((0, node_fs_1.existsSync)(done)));
    strict_1.default.equal((0, node_fs_1.readFileSync)(done, 'utf8'), '');
    (0, node_fs_1.rmSync)(done);
}
