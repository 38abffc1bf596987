"use strict";
// A server that has lost its newest changes: a restored backup, a failover. The operator starts a new
// epoch, and every device syncs from the start without losing what was acknowledged.
//
// One test after the other, on a server of their own: a new epoch is everybody's.
var __importDefault = (this && this.__importDefault) || function (mod) {
    return (mod && mod.__esModule) ? mod : { "default": mod };
};
Object.defineProperty(exports, "__esModule", { value: true });
const strict_1 = __importDefault(require("node:assert/strict"));
const node_test_1 = require("node:test");
const phone_js_1 = require("./phone.js");
const tablet_js_1 = require("./tablet.js");
const world_js_1 = require("./world.js");
const newEpoch = 'UPDATE pj.sync_state SET epoch = epoch + 1;';
/** The rows and everything known of them, gone as in a backup from before. */
const lose = (...ids) => ids
    .map((id) => `DELETE FROM pj.journal_entries WHERE id = '${id}'; DELETE FROM pj.record_history WHERE record_id = '${id}';`)
    .join(' ');
/** A record as it was before its last edit. */
const older = (id, note) => `UPDATE pj.journal_entries SET note = '${note}', updated_at = updated_at - interval '1 day' WHERE id = '${id}';`;
(0, node_test_1.test)('an old cursor is refused at pull and at push', async () => {
    const [device] = await (0, world_js_1.patient)(1);
    const { timestamp } = await device.api.pull({ cursor: 0 });
    await (0, world_js_1.operator)(newEpoch);
    const refused = (error) => error.resync && error.problem['reason'] === 'epoch_changed';
    await strict_1.default.rejects(device.api.pull({ cursor: timestamp }), refused);
    await strict_1.default.rejects(device.api.push({ journal_entries: { created: [(0, world_js_1.entry)()], updated: [], deleted: [] } }, timestamp), refused);
});
(0, node_test_1.test)('M13 WatermelonDB offers back what the server has lost', async () => {
    const [first, second] = await (0, world_js_1.patient)(2);
    const [a, b] = [new phone_js_1.Phone(first), new phone_js_1.Phone(second)];
    const kept = await a.create((0, world_js_1.entry)({ note: 'kept' }));
    const edited = await a.create((0, world_js_1.entry)({ note: 'before the backup' }));
    const lost = await a.create((0, world_js_1.entry)({ note: 'lost' }));
    const gone = await a.create((0, world_js_1.entry)({ note: 'gone' }));
    await a.sync();
    await b.sync();
    await a.edit(edited, { note: 'after the backup' });
    await a.remove(gone);
    await a.sync();
    const typed = await a.create((0, world_js_1.entry)({ note: 'not sent yet' }));
    await (0, world_js_1.operator)(lose(lost) + older(edited, 'before the backup') + newEpoch);
    await a.sync();
    await a.sync();
    await b.sync();
    await b.sync();
    const server = await a.device.all();
    for (const phone of [a, b]) {
        const rows = await phone.rows();
        strict_1.default.deepEqual([...rows.keys()].sort(), [kept, edited, lost, typed].sort());
        for (const [id, row] of rows)
            strict_1.default.deepEqual((0, world_js_1.content)(row), (0, world_js_1.content)(server.get(id)));
        strict_1.default.equal(rows.get(edited)?.['note'], 'after the backup');
    }
    strict_1.default.deepEqual(phone_js_1.complaints, []);
});
(0, node_test_1.test)('M13 an edit not yet sent of a record deleted elsewhere survives the new start', async () => {
    const [first, second] = await (0, world_js_1.patient)(2);
    const [a, b] = [new phone_js_1.Phone(first), new phone_js_1.Phone(second)];
    const id = await a.create((0, world_js_1.entry)({ note: 'start' }));
    await a.sync();
    await b.sync();
    await a.remove(id);
    await a.sync();
    await b.edit(id, { note: 'typed offline' });
    await (0, world_js_1.operator)(newEpoch);
    for (const phone of [b, a, b])
        await phone.sync();
    for (const phone of [a, b])
        strict_1.default.equal((await phone.row(id))?.['note'], 'typed offline');
});
(0, node_test_1.test)('a new epoch between pull and push heals with the next sync', async () => {
    const [first, second] = await (0, world_js_1.patient)(2);
    const [a, b] = [new phone_js_1.Phone(first), new phone_js_1.Phone(second)];
    await a.sync();
    const id = await a.create((0, world_js_1.entry)({ note: 'typed' }));
    a.device.net.beforeSending('POST', () => (0, world_js_1.operator)(newEpoch));
    await strict_1.default.rejects(a.sync(), (error) => error.resync);
    await a.sync();
    await b.sync();
    strict_1.default.equal((await b.row(id))?.['note'], 'typed');
});
(0, node_test_1.test)('R13 RxDB offers back what the server has lost', async () => {
    const [first, second] = await (0, world_js_1.patient)(2);
    const a = await (await tablet_js_1.Tablet.open(first)).start();
    const b = await (await tablet_js_1.Tablet.open(second)).start();
    const kept = await a.create((0, world_js_1.entry)({ note: 'kept' }));
    const edited = await a.create((0, world_js_1.entry)({ note: 'before the backup' }));
    const lost = await a.create((0, world_js_1.entry)({ note: 'lost' }));
    const gone = await a.create((0, world_js_1.entry)({ note: 'gone' }));
    await a.sync();
    await (0, world_js_1.eventually)(async () => {
        await b.sync();
        strict_1.default.equal((await b.rows()).size, 4);
    });
    await a.edit(edited, { note: 'after the backup' });
    await a.remove(gone);
    await (0, world_js_1.eventually)(async () => {
        await a.sync();
        strict_1.default.equal((await a.device.all()).get(edited)?.['note'], 'after the backup');
        strict_1.default.equal((await a.device.all()).size, 3);
    });
    await (0, world_js_1.operator)(lose(lost) + older(edited, 'before the backup') + newEpoch);
    const typed = await a.create((0, world_js_1.entry)({ note: 'not sent yet' }));
    await (0, world_js_1.eventually)(async () => {
        for (const tablet of [a, b]) {
            await tablet.sync();
            const [server, rows] = [await a.device.all(), await tablet.rows()];
            strict_1.default.deepEqual([...rows.keys()].sort(), [kept, edited, lost, typed].sort());
            for (const [id, row] of rows)
                strict_1.default.deepEqual((0, world_js_1.content)(row), (0, world_js_1.content)(server.get(id)));
            strict_1.default.equal(rows.get(edited)?.['note'], 'after the backup');
        }
    });
    await a.close();
    await b.close();
});
