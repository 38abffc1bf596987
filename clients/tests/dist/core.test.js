"use strict";
// The shared core: ids, retries, and how the wire answers.
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const strict_1 = __importDefault(require("node:assert/strict"));
const node_test_1 = require("node:test");
const sync_core_1 = require("@pain-journal/sync-core");
const world_js_1 = require("./world.js");
const created = (...rows) => ({ journal_entries: { created: rows, updated: [], deleted: [] } });
/** An API whose server answers what the script says. */
function scripted(...answers) {
    const seen = [];
    const refusals = [];
    const api = new sync_core_1.Api({
        baseUrl: 'http://server.test',
        backoff: 1,
        token: (refused) => {
            refusals.push(refused);
            return `t${refusals.length}`;
        },
        fetch: async (_input, init) => {
            const headers = new Headers(init?.headers);
            seen.push({ key: headers.get('idempotency-key'), token: headers.get('authorization') });
            const [status, body, more] = answers.shift() ?? [500, {}];
            if (status === 0)
                throw new TypeError('no connection');
            return new Response(JSON.stringify(body), { status, headers: more ?? {} });
        },
    });
    return { api, seen, refusals };
}
const fine = { timestamp: 5, accepted: 1, unchanged: 0, records: [], rejected: [] };
(0, node_test_1.test)('ids: versions, order, and the id of a day', () => {
    strict_1.default.equal((0, sync_core_1.dayId)('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'x', 'y'), '7911a6f7-312c-53b2-b855-5b27a1fec836');
    strict_1.default.throws(() => (0, sync_core_1.dayId)('me', 'journal_entries', '2026-03-01'));
    strict_1.default.match((0, sync_core_1.uuidv7)(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    strict_1.default.ok((0, sync_core_1.uuidv7)(1) < (0, sync_core_1.uuidv7)(2) && (0, sync_core_1.uuidv7)(2) < (0, sync_core_1.uuidv7)(300));
});
(0, node_test_1.test)('a push is repeated under its own key, whatever came in between', async () => {
    const { api, seen } = scripted([0, {}], [503, { code: 'busy' }, { 'retry-after': '0' }], [408, { code: 'request_timeout' }], [409, { code: 'in_flight' }], [200, fine]);
    strict_1.default.equal((await api.push(created((0, world_js_1.entry)()), 1)).accepted, 1);
    strict_1.default.equal(seen.length, 5);
    strict_1.default.equal(new Set(seen.map(({ key }) => key)).size, 1);
});
(0, node_test_1.test)('what a repeat cannot change is not repeated', async () => {
    for (const [status, code] of [[409, 'idempotency_key_reused'], [400, 'invalid_body'], [426, 'schema_version_unsupported']]) {
        const { api, seen } = scripted([status, { code }]);
        await strict_1.default.rejects(api.push(created((0, world_js_1.entry)()), 1), (error) => error.status === status && error.code === code);
        strict_1.default.equal(seen.length, 1);
    }
});
(0, node_test_1.test)('a refused token is replaced once', async () => {
    const { api, seen, refusals } = scripted([401, { code: 'unauthorized' }], [200, fine]);
    await api.push(created((0, world_js_1.entry)()), 1);
    strict_1.default.deepEqual(refusals, [false, true]);
    strict_1.default.deepEqual(seen.map(({ token }) => token), ['Bearer t1', 'Bearer t2']);
    const never = scripted([401, {}], [401, {}]);
    await strict_1.default.rejects(never.api.pull({ cursor: 0 }), (error) => error.status === 401);
});
(0, node_test_1.test)('a large push is cut by count and by size', async () => {
    const { api, seen } = scripted([200, fine], [200, fine], [200, fine]);
    await api.push(created(...Array.from({ length: 2001 }, () => (0, world_js_1.entry)())), 1);
    strict_1.default.equal(seen.length, 3);
    strict_1.default.equal(new Set(seen.map(({ key }) => key)).size, 3);
    const big = scripted([200, fine], [200, fine]);
    await big.api.push(created(...Array.from({ length: 3 }, () => (0, world_js_1.entry)({ note: 'x'.repeat(900_000) }))), 1);
    strict_1.default.equal(big.seen.length, 2);
});
(0, node_test_1.test)('the wire: pages join to the whole, and a tombstone takes its row', async () => {
    const [device] = await (0, world_js_1.patient)(1);
    const rows = Array.from({ length: 25 }, (_, index) => (0, world_js_1.entry)({ note: `${index}` }));
    const pushed = await device.api.push(created(...rows), 0);
    strict_1.default.deepEqual([pushed.accepted, pushed.rejected], [25, []]);
    await device.api.push({ journal_entries: { created: [], updated: [], deleted: [rows[0].id] } }, pushed.timestamp);
    const { changes, timestamp } = await device.api.pullAll({ cursor: 0, limit: 7, tombstones: true });
    strict_1.default.equal(changes.journal_entries?.updated.length, 24);
    strict_1.default.deepEqual(changes.journal_entries?.deleted, [rows[0].id]);
    strict_1.default.deepEqual(await device.api.pull({ cursor: timestamp }), { changes: {}, timestamp, has_more: false });
});
(0, node_test_1.test)('the wire: a missing server is told from a refusal', async () => {
    const api = new sync_core_1.Api({ baseUrl: world_js_1.baseUrl, token: () => 'no token', attempts: 1 });
    await strict_1.default.rejects(api.pull({ cursor: 0 }), (error) => error.status === 401);
    const nobody = new sync_core_1.Api({ baseUrl: 'http://127.0.0.1:9', token: () => '', attempts: 2, backoff: 1 });
    await strict_1.default.rejects(nobody.pull({ cursor: 0 }), (error) => error.status === 0);
});
