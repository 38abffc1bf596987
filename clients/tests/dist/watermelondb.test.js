"use strict";
// The real WatermelonDB against the real server.
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const strict_1 = __importDefault(require("node:assert/strict"));
const node_test_1 = require("node:test");
const sync_core_1 = require("@pain-journal/sync-core");
const sync_1 = require("@nozbe/watermelondb/sync");
const phone_js_1 = require("./phone.js");
const world_js_1 = require("./world.js");
async function phones(count, clocks = []) {
    return (await (0, world_js_1.patient)(count)).map((device, index) => new phone_js_1.Phone(device, clocks[index]));
}
async function two() {
    const [a, b] = await phones(2);
    strict_1.default.ok(a && b);
    return [a, b];
}
/** Syncs in turns until nothing can be left, and expects phones and server to hold the same. */
async function settle(...all) {
    for (const phone of [...all, ...all])
        await phone.sync();
    for (const phone of all) {
        const server = await phone.device.all();
        const local = await phone.rows();
        strict_1.default.deepEqual([...local.keys()].sort(), [...server.keys()].sort());
        for (const [id, row] of local)
            strict_1.default.deepEqual((0, world_js_1.content)(row), (0, world_js_1.content)(server.get(id)));
        strict_1.default.equal(await (0, sync_1.hasUnsyncedChanges)({ database: phone.database }), false);
    }
}
(0, node_test_1.after)(() => strict_1.default.deepEqual(phone_js_1.complaints, [], 'WatermelonDB complained'));
(0, node_test_1.test)('M01 records travel both ways, in every collection', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'bad night', mood: 3, pain_free_day: false, triggers: '["lifting"]' }));
    const session = { id: (0, sync_core_1.uuidv7)(), status: 'planned', kind: 'treatment', starts_at: Date.now(), time_zone: 'UTC' };
    await a.create(session, 'treatment_sessions');
    await a.create({ id: (0, sync_core_1.uuidv7)(), journal_date: (0, world_js_1.day)(), time_zone: 'UTC', quality: 7 }, 'sleep_records');
    await a.sync();
    await b.sync();
    strict_1.default.equal((await b.row(id))?.['triggers'], '["lifting"]');
    strict_1.default.equal((await b.rows('treatment_sessions')).size, 1);
    strict_1.default.equal((await b.rows('sleep_records')).size, 1);
    await b.edit(id, { note: 'better' });
    await settle(b, a);
    strict_1.default.equal((await a.row(id))?.['note'], 'better');
});
(0, node_test_1.test)('M01 what the server settles comes back to the device that left it out', async () => {
    const [a] = await phones(1);
    const id = await a.create((0, world_js_1.entry)());
    await a.sync();
    await a.sync();
    const row = await a.row(id);
    strict_1.default.equal(row?.['journal_date'], (0, world_js_1.day)());
    strict_1.default.equal(row?.['utc_offset_minutes'], 0);
});
for (const trouble of ['loseAnswer', 'loseRequest', 'duplicate']) {
    (0, node_test_1.test)(`M03 ${trouble}: applied once, nothing lost`, async () => {
        const [a, b] = await two();
        await a.sync();
        const id = await a.create((0, world_js_1.entry)({ note: 'one' }));
        a.device.net[trouble]();
        await a.sync();
        a.device.net[trouble]('GET');
        await a.edit(id, { note: 'two' });
        a.device.net[trouble]();
        await settle(a, b);
        const { history } = await a.device.get(`/v1/sync/history/journal_entries/${id}`);
        strict_1.default.deepEqual(history.map((line) => line.op), ['create', 'update']);
    });
}
(0, node_test_1.test)('M03b a lost answer for good: the repeat does not undo another device', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'mine', mood: 2 }));
    // The app gives up: every attempt is applied or lost, none is answered.
    for (let attempt = 0; attempt < 5; attempt++)
        a.device.net.loseAnswer();
    await strict_1.default.rejects(a.sync());
    await b.sync();
    await b.edit(id, { mood: 9 });
    await b.sync();
    await settle(a, b);
    strict_1.default.equal((await a.row(id))?.['note'], 'mine');
    strict_1.default.ok((await a.device.values(id, 'mood')).includes(9));
});
(0, node_test_1.test)('M04 create, sync, delete, sync: gone everywhere, without an echo', async () => {
    const [a, b] = await two();
    const first = await a.create((0, world_js_1.entry)());
    const second = await a.create((0, world_js_1.entry)());
    await settle(a, b);
    await a.remove(first);
    await b.remove(second);
    await settle(a, b);
    strict_1.default.equal((await a.rows()).size, 0);
});
(0, node_test_1.test)('M05 different fields of one record: both stay', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'start', mood: 5 }));
    await settle(a, b);
    await a.edit(id, { note: 'from a' });
    await b.edit(id, { mood: 8 });
    await settle(a, b);
    const row = await a.row(id);
    strict_1.default.deepEqual([row?.['note'], row?.['mood']], ['from a', 8]);
});
(0, node_test_1.test)('M06 the same field: the later sync stands, the other value is in the history', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'start' }));
    await settle(a, b);
    await a.edit(id, { note: 'from a' });
    await b.edit(id, { note: 'from b' });
    await a.sync();
    await b.sync();
    await settle(a, b);
    strict_1.default.equal((await a.row(id))?.['note'], 'from b');
    strict_1.default.ok((await a.device.values(id, 'note')).includes('from a'));
});
(0, node_test_1.test)('M07 deleted on one device, edited offline on the other: the edit stands', async () => {
    const [a, b] = await two();
    const [first, second] = [await a.create((0, world_js_1.entry)({ note: 'x' })), await a.create((0, world_js_1.entry)({ note: 'y' }))];
    await settle(a, b);
    await a.remove(first);
    await b.edit(first, { note: 'kept' });
    await a.sync();
    await b.sync();
    // And the other way round: the edit arrives first, the delete has not seen it.
    await a.edit(second, { note: 'kept too' });
    await b.remove(second);
    await a.sync();
    await b.device.plain().push({ journal_entries: { created: [], updated: [], deleted: [] } }, 0);
    await settle(a, b);
    strict_1.default.equal((await a.row(first))?.['note'], 'kept');
});
(0, node_test_1.test)('M08 another device writes between pull and push of one sync', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'start', mood: 1 }));
    const doomed = await a.create((0, world_js_1.entry)({ note: 'doomed' }));
    await settle(a, b);
    await a.edit(id, { note: 'from a' });
    await a.remove(doomed);
    await b.edit(id, { mood: 7 });
    await b.edit(doomed, { note: 'saved' });
    a.device.net.beforeSending('POST', () => b.sync());
    await a.sync();
    await settle(a, b);
    const row = await a.row(id);
    strict_1.default.deepEqual([row?.['note'], row?.['mood']], ['from a', 7]);
    strict_1.default.equal((await a.row(doomed))?.['note'], 'saved');
});
(0, node_test_1.test)('M09 typing while the push is under way', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'one' }));
    a.device.net.beforeArrival('POST', () => a.edit(id, { note: 'two' }));
    await a.sync();
    await settle(a, b);
    strict_1.default.equal((await b.row(id))?.['note'], 'two');
});
(0, node_test_1.test)('M11 a record that is not accepted stays on the device, blocks nothing, and can be fixed', async () => {
    const [a, b] = await two();
    const bad = await a.create((0, world_js_1.entry)({ mood: 11, note: 'too good' }));
    const good = await a.create((0, world_js_1.entry)({ mood: 4 }));
    await a.sync();
    strict_1.default.deepEqual(a.rejected.map(({ id, code, field }) => [id, code, field]), [[bad, 'invalid_value', 'mood']]);
    await b.sync();
    strict_1.default.deepEqual([...(await b.rows()).keys()], [good]);
    strict_1.default.equal((await a.row(bad))?._status, 'created');
    const { rejected } = await a.device.get('/v1/sync/rejected');
    strict_1.default.match(rejected[0].payload, /too good/);
    await a.edit(bad, { mood: 10 });
    await settle(a, b);
    strict_1.default.equal((await b.row(bad))?.['mood'], 10);
});
(0, node_test_1.test)('M12 killed after the server has committed', async () => {
    const [a, b] = await two();
    await a.sync();
    const id = await a.create((0, world_js_1.entry)({ note: 'typed' }));
    await a.restart();
    // The push arrives, the app does not live to see the answer.
    for (let attempt = 0; attempt < 5; attempt++)
        a.device.net.loseAnswer();
    await strict_1.default.rejects(a.sync());
    await a.restart();
    await settle(a, b);
    strict_1.default.equal((await b.row(id))?.['note'], 'typed');
    strict_1.default.equal((await b.rows()).size, 1);
});
(0, node_test_1.test)('M14 clocks five years off decide nothing', async () => {
    const year = 365 * 86_400_000;
    const [a, b] = await phones(2, [5 * year, -5 * year]);
    strict_1.default.ok(a && b);
    const id = await a.create((0, world_js_1.entry)({ note: 'start', mood: 5 }));
    await settle(a, b);
    await a.edit(id, { note: 'from the future' });
    await a.sync();
    await b.sync();
    await b.edit(id, { note: 'from the past' });
    await settle(b, a);
    strict_1.default.equal((await a.row(id))?.['note'], 'from the past');
});
(0, node_test_1.test)('M15 syncs called at the same time follow each other', async () => {
    const [a, b] = await two();
    await a.create((0, world_js_1.entry)());
    const running = a.sync();
    await a.create((0, world_js_1.entry)());
    await Promise.all([running, a.sync(), a.sync(), a.sync()]);
    strict_1.default.equal((await a.device.all()).size, 2);
    await settle(a, b);
});
(0, node_test_1.test)('M16 the entry of one day on two offline devices becomes one', async () => {
    const [a, b] = await two();
    await a.sync();
    await b.sync();
    const id = (0, sync_core_1.dayId)(a.device.patient, 'journal_entries', (0, world_js_1.day)());
    const daily = { id, kind: 'daily', journal_date: (0, world_js_1.day)() };
    await a.create((0, world_js_1.entry)({ ...daily, note: 'from a' }));
    await b.create((0, world_js_1.entry)({ ...daily, mood: 6 }));
    await settle(a, b);
    const row = await b.row(id);
    strict_1.default.deepEqual([row?.['note'], row?.['mood']], ['from a', 6]);
});
(0, node_test_1.test)('M17 the echo of its own delete does not take a new record of the same id', async () => {
    const [a, b] = await two();
    const id = (0, sync_core_1.dayId)(a.device.patient, 'journal_entries', (0, world_js_1.day)());
    await a.create((0, world_js_1.entry)({ id, kind: 'daily', note: 'first' }));
    await settle(a, b);
    await a.remove(id);
    await a.sync();
    await a.create((0, world_js_1.entry)({ id, kind: 'daily', note: 'second' }));
    await settle(a, b);
    strict_1.default.equal((await b.row(id))?.['note'], 'second');
});
(0, node_test_1.test)('M18 a delete from elsewhere does not take a record that is new here', async () => {
    const [a, b] = await two();
    const id = (0, sync_core_1.dayId)(a.device.patient, 'journal_entries', (0, world_js_1.day)());
    await b.sync();
    await a.create((0, world_js_1.entry)({ id, kind: 'daily', note: 'a' }));
    await a.sync();
    await a.sync();
    await a.remove(id);
    await a.sync();
    await b.create((0, world_js_1.entry)({ id, kind: 'daily', note: 'b' }));
    await settle(b, a);
    strict_1.default.equal((await a.row(id))?.['note'], 'b');
});
(0, node_test_1.test)('M19 an edit of nothing does not bring a deleted record back', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'gone' }));
    await settle(a, b);
    await a.remove(id);
    await a.sync();
    await b.edit(id, { note: 'gone' });
    await settle(b, a);
    strict_1.default.equal((await b.rows()).size, 0);
});
(0, node_test_1.test)('F01 10 000 entries: sent by one phone, a first sync of another', async () => {
    const [a, b] = await two();
    await a.database.write(async () => {
        const made = Array.from({ length: 10_000 }, (_, index) => a.database.get('journal_entries').prepareCreate((record) => {
            for (const [name, value] of Object.entries((0, world_js_1.entry)({ note: `entry ${index}`, mood: index % 11 }))) {
                if (name !== 'id')
                    record._setRaw(name, value);
            }
        }));
        await a.database.batch(made);
    });
    await a.sync();
    const start = Date.now();
    await b.sync();
    console.log(`first sync of 10 000 entries: ${Date.now() - start} ms`);
    strict_1.default.equal((await b.rows()).size, 10_000);
    const sent = b.device.net.sent;
    await b.sync();
    strict_1.default.equal(b.device.net.sent, sent + 1, 'an idle sync is one request');
});
