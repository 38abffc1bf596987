"use strict";
// The real RxDB against the real server.
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const strict_1 = __importDefault(require("node:assert/strict"));
const node_test_1 = require("node:test");
const sync_core_1 = require("@pain-journal/sync-core");
const phone_js_1 = require("./phone.js");
const tablet_js_1 = require("./tablet.js");
const world_js_1 = require("./world.js");
const opened = [];
/** So many devices of a fresh patient; only some of them have RxDB running. */
async function tablets(count) {
    const all = [];
    for (const device of await (0, world_js_1.patient)(count))
        all.push(await tablet(device));
    return all;
}
async function tablet(device) {
    const made = await tablet_js_1.Tablet.open(device);
    opened.push(made);
    return made;
}
async function two() {
    const [a, b] = await tablets(2);
    strict_1.default.ok(a && b);
    await a.start();
    await b.start();
    return [a, b];
}
// The free RxDB opens few collections at once.
(0, node_test_1.afterEach)(async () => {
    for (const each of opened.splice(0))
        await each.close();
});
/** Syncs until tablets and server hold the same. */
async function settle(...all) {
    await (0, world_js_1.eventually)(async () => {
        for (const each of all)
            await each.sync();
        for (const each of all) {
            const [server, local] = [await each.device.all(), await each.rows()];
            strict_1.default.deepEqual([...local.keys()].sort(), [...server.keys()].sort());
            for (const [id, row] of local)
                strict_1.default.deepEqual((0, world_js_1.content)(row), (0, world_js_1.content)(server.get(id)));
        }
    });
}
/** Another device writes, past all troubles. */
const elsewhere = (device, lists) => device.plain().push({ journal_entries: { created: [], updated: [], deleted: [], ...lists } }, 0);
(0, node_test_1.test)('R01 records travel both ways, deletes too', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'bad night', mood: 3, pain_free_day: false, triggers: '["lifting"]' }));
    await settle(a, b);
    strict_1.default.equal((await b.row(id))?.['triggers'], '["lifting"]');
    strict_1.default.equal((await a.row(id))?.['journal_date'], (0, world_js_1.day)(), 'the server has settled the day');
    await b.edit(id, { note: 'better' });
    await settle(b, a);
    strict_1.default.equal((await a.row(id))?.['note'], 'better');
    await a.remove(id);
    await settle(a, b);
    strict_1.default.equal((await b.rows()).size, 0);
    strict_1.default.deepEqual([...a.errors, ...b.errors], []);
});
(0, node_test_1.test)('R02 different fields of one record: both stay', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'start', mood: 5 }));
    await settle(a, b);
    a.device.net.offline = b.device.net.offline = true;
    await a.edit(id, { note: 'from a' });
    await b.edit(id, { mood: 8 });
    a.device.net.offline = b.device.net.offline = false;
    await settle(a, b);
    const row = await a.row(id);
    strict_1.default.deepEqual([row?.['note'], row?.['mood']], ['from a', 8]);
});
(0, node_test_1.test)('R03 the same field: one value stands everywhere, the other is in the history', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'start' }));
    await settle(a, b);
    b.device.net.offline = true;
    await a.edit(id, { note: 'from a' });
    await b.edit(id, { note: 'from b' });
    await a.sync();
    b.device.net.offline = false;
    await settle(a, b);
    strict_1.default.equal((await a.row(id))?.['note'], 'from b');
    strict_1.default.ok((await a.device.values(id, 'note')).includes('from a'));
    strict_1.default.equal(b.merged.find((record) => record.id === id)?.conflicts['note']?.overwritten, 'from a');
});
(0, node_test_1.test)('R04 many quick edits on a slow network: the last one stands', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: '0' }));
    for (let edit = 1; edit <= 30; edit++) {
        a.device.net.beforeSending('POST', () => (0, world_js_1.wait)(30));
        await a.edit(id, { note: String(edit) });
        await (0, world_js_1.wait)(5);
    }
    await settle(a, b);
    strict_1.default.equal((await b.row(id))?.['note'], '30');
});
(0, node_test_1.test)('R05 another device writes while a push is under way', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'start', mood: 1 }));
    await settle(a, b);
    a.device.net.beforeSending('POST', () => elsewhere(b.device, { updated: [{ id, mood: 7, _changed: 'mood' }] }));
    await a.edit(id, { note: 'from a' });
    await settle(a, b);
    const row = await b.row(id);
    strict_1.default.deepEqual([row?.['note'], row?.['mood']], ['from a', 7]);
});
for (const batches of [1, 1.5, 2]) {
    (0, node_test_1.test)(`R06 ${batches} full pages`, async () => {
        const [a, b] = await tablets(2);
        const rows = Array.from({ length: 20 * batches }, (_, index) => (0, world_js_1.entry)({ note: `${index}` }));
        await elsewhere(b.device, { created: rows });
        await a.start({ batchSize: 20 });
        strict_1.default.equal((await a.rows()).size, rows.length);
        await settle(a);
    });
}
(0, node_test_1.test)('R07 deleted here, edited there: the edit stands', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'start' }));
    await settle(a, b);
    a.device.net.offline = true;
    await a.remove(id);
    await b.edit(id, { note: 'kept' });
    await b.sync();
    a.device.net.offline = false;
    await settle(a, b);
    strict_1.default.equal((await a.row(id))?.['note'], 'kept');
});
(0, node_test_1.test)('R08 edited here, deleted there: the edit stands', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'start' }));
    await settle(a, b);
    a.device.net.offline = true;
    await a.edit(id, { note: 'kept' });
    await b.remove(id);
    await b.sync();
    a.device.net.offline = false;
    await settle(a, b);
    strict_1.default.equal((await b.row(id))?.['note'], 'kept');
});
(0, node_test_1.test)('R09 a record that is not accepted stays on the device, blocks nothing, and can be fixed', async () => {
    const [a, b] = await two();
    const bad = await a.create((0, world_js_1.entry)({ mood: 11, note: 'too good' }));
    const good = await a.create((0, world_js_1.entry)({ mood: 4 }));
    await (0, world_js_1.eventually)(() => strict_1.default.equal(a.rejected.length, 1));
    strict_1.default.deepEqual([a.rejected[0]?.id, a.rejected[0]?.code, a.rejected[0]?.field], [bad, 'invalid_value', 'mood']);
    await (0, world_js_1.eventually)(async () => {
        await b.sync();
        strict_1.default.deepEqual([...(await b.rows()).keys()], [good]);
    });
    strict_1.default.equal((await a.row(bad))?.['note'], 'too good');
    await a.edit(bad, { mood: 10 });
    await settle(a, b);
    strict_1.default.equal((await b.row(bad))?.['mood'], 10);
});
(0, node_test_1.test)('R09 an edit that is not accepted can be fixed, too', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ mood: 4, note: 'start' }));
    await settle(a, b);
    await a.edit(id, { mood: 11 });
    await (0, world_js_1.eventually)(() => strict_1.default.equal(a.rejected.length, 1));
    await a.edit(id, { mood: 10 });
    await settle(a, b);
    strict_1.default.deepEqual([(await b.row(id))?.['mood'], (await b.row(id))?.['note']], [10, 'start']);
    strict_1.default.equal(a.rejected.length, 1);
});
(0, node_test_1.test)('R09 of a refused edit of several fields nothing is lost when it is mended, also after a restart', async () => {
    const [a, b] = await two();
    for (const restart of [false, true]) {
        const id = await a.create((0, world_js_1.entry)({ pain_least: 1, pain_average: 5 }));
        await settle(a, b);
        a.rejected.length = 0;
        await a.edit(id, { pain_average: 2, note: 'both', mood: 11 });
        await (0, world_js_1.eventually)(() => strict_1.default.equal(a.rejected.length, 1));
        if (restart)
            await a.start();
        await a.edit(id, { mood: 10 });
        await settle(a, b);
        const row = await b.row(id);
        strict_1.default.equal(row?.['mood'], 10);
        if (!restart)
            strict_1.default.deepEqual([row?.['pain_average'], row?.['note']], [2, 'both']);
    }
});
(0, node_test_1.test)('R10 a network that loses and repeats', async () => {
    const [a, b] = await two();
    const net = a.device.net;
    const ids = [];
    for (let round = 0; round < 12; round++) {
        net[['loseAnswer', 'loseRequest', 'duplicate'][round % 3]](round % 2 ? 'GET' : 'POST');
        ids.push(await a.create((0, world_js_1.entry)({ note: `made ${round}` })));
        if (round > 2)
            await a.edit(ids[round - 2], { note: `edited ${round}` });
        await (0, world_js_1.wait)(20);
    }
    await settle(a, b);
    strict_1.default.equal((await b.rows()).size, 12);
    const { history } = await a.device.get(`/v1/sync/history/journal_entries/${ids[0]}`);
    strict_1.default.equal(history.filter((line) => line.op === 'create').length, 1);
});
(0, node_test_1.test)('R12 the entry of one day on two offline devices becomes one', async () => {
    const [a, b] = await two();
    a.device.net.offline = b.device.net.offline = true;
    const id = (0, sync_core_1.dayId)(a.device.patient, 'journal_entries', (0, world_js_1.day)());
    await a.create((0, world_js_1.entry)({ id, kind: 'daily', journal_date: (0, world_js_1.day)(), note: 'from a' }));
    await b.create((0, world_js_1.entry)({ id, kind: 'daily', journal_date: (0, world_js_1.day)(), mood: 6 }));
    a.device.net.offline = b.device.net.offline = false;
    await settle(a, b);
    const row = await b.row(id);
    strict_1.default.deepEqual([row?.['note'], row?.['mood']], ['from a', 6]);
});
(0, node_test_1.test)('R14 another device writes between a push and its answer, and a pull is due', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'start', mood: 1 }));
    await settle(a, b);
    a.device.net.beforeArrival('POST', async () => {
        await elsewhere(b.device, { updated: [{ id, mood: 7, _changed: 'mood' }] });
        a.poke$.next();
        await (0, world_js_1.wait)(300);
    });
    await a.edit(id, { note: 'from a' });
    await (0, world_js_1.wait)(600);
    await settle(a, b);
    strict_1.default.deepEqual([(await a.row(id))?.['note'], (await a.row(id))?.['mood']], ['from a', 7]);
});
(0, node_test_1.test)('R15 made, deleted and made again, with lost answers', async () => {
    const [a, b] = await two();
    const id = (0, sync_core_1.dayId)(a.device.patient, 'journal_entries', (0, world_js_1.day)());
    await a.create((0, world_js_1.entry)({ id, kind: 'daily', note: 'first' }));
    a.device.net.loseAnswer();
    await a.remove(id);
    await settle(a, b);
    strict_1.default.equal((await b.rows()).size, 0);
    await a.create((0, world_js_1.entry)({ id, kind: 'daily', note: 'second' }));
    await settle(a, b);
    strict_1.default.equal((await b.row(id))?.['note'], 'second');
});
(0, node_test_1.test)('R16 the app is started again while offline changes wait', async () => {
    const [a, b] = await two();
    const id = await a.create((0, world_js_1.entry)({ note: 'start' }));
    await settle(a, b);
    a.device.net.offline = true;
    await a.edit(id, { note: 'offline' });
    const made = await a.create((0, world_js_1.entry)({ note: 'made offline' }));
    await a.replication?.cancel();
    a.device.net.offline = false;
    await a.start();
    await settle(a, b);
    strict_1.default.deepEqual([(await b.row(id))?.['note'], (await b.row(made))?.['note']], ['offline', 'made offline']);
});
(0, node_test_1.test)('R17 an app that deletes what was made in a push it never heard of', async () => {
    const [a, b] = await two();
    a.device.net.next('POST', async (request) => {
        await (await request()).text();
        a.device.net.offline = true;
        throw new TypeError('the connection broke');
    });
    const id = await a.create((0, world_js_1.entry)({ note: 'unwanted' }));
    await (0, world_js_1.eventually)(() => strict_1.default.ok(a.device.net.offline));
    await a.replication?.cancel();
    await a.remove(id);
    a.device.net.offline = false;
    await a.start();
    await settle(a, b);
    strict_1.default.equal((await b.rows()).size, 0);
});
(0, node_test_1.test)('RxDB and WatermelonDB on two devices of one patient', async () => {
    const [first, second] = await (0, world_js_1.patient)(2);
    const a = await (await tablet(first)).start();
    const b = new phone_js_1.Phone(second);
    await b.sync();
    const id = await a.create((0, world_js_1.entry)({ note: 'start', mood: 5 }));
    await settle(a);
    await b.sync();
    await b.edit(id, { mood: 6 });
    a.device.net.offline = true;
    await a.edit(id, { note: 'from rxdb' });
    await b.sync();
    a.device.net.offline = false;
    await settle(a);
    await b.sync();
    for (const row of [await a.row(id), await b.row(id)])
        strict_1.default.deepEqual([row?.['note'], row?.['mood']], ['from rxdb', 6]);
});
(0, node_test_1.test)('F02 10 000 entries: a first sync, cut off and gone on with', async () => {
    const [a, b] = await tablets(2);
    const rows = Array.from({ length: 10_000 }, (_, index) => ({ ...(0, world_js_1.entry)({ note: `entry ${index}`, mood: index % 11 }), id: (0, sync_core_1.uuidv7)() }));
    await elsewhere(b.device, { created: rows });
    const start = Date.now();
    const cut = a.start({ live: false }).catch(() => undefined);
    await (0, world_js_1.eventually)(async () => strict_1.default.ok((await a.entries.count().exec()) >= 2000));
    await a.replication?.cancel();
    void cut;
    await a.start();
    await (0, world_js_1.eventually)(async () => strict_1.default.equal(await a.entries.count().exec(), 10_000), 60_000);
    console.log(`first sync of 10 000 entries: ${Date.now() - start} ms`);
});
