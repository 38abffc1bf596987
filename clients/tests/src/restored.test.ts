// A server that has lost its newest changes: a restored backup, a failover. The operator starts a new
// epoch, and every device syncs from the start without losing what was acknowledged.
//
// One test after the other, on a server of their own: a new epoch is everybody's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SyncError } from '@pain-journal/sync-core'
import { complaints, Phone } from './phone.js'
import { Tablet } from './tablet.js'
import { content, entry, eventually, operator, patient } from './world.js'

const newEpoch = 'UPDATE pj.sync_state SET epoch = epoch + 1;'

/** The rows and everything known of them, gone as in a backup from before. */
const lose = (...ids: string[]): string =>
  ids
    .map((id) => `DELETE FROM pj.journal_entries WHERE id = '${id}'; DELETE FROM pj.record_history WHERE record_id = '${id}';`)
    .join(' ')

/** A record as it was before its last edit. */
const older = (id: string, note: string): string =>
  `UPDATE pj.journal_entries SET note = '${note}', updated_at = updated_at - interval '1 day' WHERE id = '${id}';`

test('an old cursor is refused at pull and at push', async () => {
  const [device] = await patient(1)
  const { timestamp } = await device!.api.pull({ cursor: 0 })
  await operator(newEpoch)
  const refused = (error: SyncError) => error.resync && error.problem['reason'] === 'epoch_changed'
  await assert.rejects(device!.api.pull({ cursor: timestamp }), refused)
  await assert.rejects(device!.api.push({ journal_entries: { created: [entry()], updated: [], deleted: [] } }, timestamp), refused)
})

test('M13 WatermelonDB offers back what the server has lost', async () => {
  const [first, second] = await patient(2)
  const [a, b] = [new Phone(first!), new Phone(second!)]
  const kept = await a.create(entry({ note: 'kept' }))
  const edited = await a.create(entry({ note: 'before the backup' }))
  const lost = await a.create(entry({ note: 'lost' }))
  const gone = await a.create(entry({ note: 'gone' }))
  await a.sync()
  await b.sync()
  await a.edit(edited, { note: 'after the backup' })
  await a.remove(gone)
  await a.sync()
  const typed = await a.create(entry({ note: 'not sent yet' }))
  await operator(lose(lost) + older(edited, 'before the backup') + newEpoch)
  await a.sync()
  await a.sync()
  await b.sync()
  await b.sync()
  const server = await a.device.all()
  for (const phone of [a, b]) {
    const rows = await phone.rows()
    assert.deepEqual([...rows.keys()].sort(), [kept, edited, lost, typed].sort())
    for (const [id, row] of rows) assert.deepEqual(content(row), content(server.get(id)))
    assert.equal(rows.get(edited)?.['note'], 'after the backup')
  }
  assert.deepEqual(complaints, [])
})

test('M13 an edit not yet sent of a record deleted elsewhere survives the new start', async () => {
  const [first, second] = await patient(2)
  const [a, b] = [new Phone(first!), new Phone(second!)]
  const id = await a.create(entry({ note: 'start' }))
  await a.sync()
  await b.sync()
  await a.remove(id)
  await a.sync()
  await b.edit(id, { note: 'typed offline' })
  await operator(newEpoch)
  for (const phone of [b, a, b]) await phone.sync()
  for (const phone of [a, b]) assert.equal((await phone.row(id))?.['note'], 'typed offline')
})

test('M13 what was acknowledged and lost survives beside an edit of the same record not yet sent', async () => {
  const [first, second] = await patient(2)
  const [a, b] = [new Phone(first!), new Phone(second!)]
  const id = await a.create(entry({ note: 'before the backup', mood: 1 }))
  await a.sync()
  await a.edit(id, { note: 'after the backup' })
  await a.sync()
  await a.edit(id, { mood: 7 })
  await operator(older(id, 'before the backup') + newEpoch)
  for (const phone of [a, b, a]) await phone.sync()
  for (const phone of [a, b]) {
    const row = await phone.row(id)
    assert.deepEqual([row?.['note'], row?.['mood']], ['after the backup', 7])
  }
})

test('a new epoch between pull and push heals with the next sync', async () => {
  const [first, second] = await patient(2)
  const [a, b] = [new Phone(first!), new Phone(second!)]
  await a.sync()
  const id = await a.create(entry({ note: 'typed' }))
  a.device.net.beforeSending('POST', () => operator(newEpoch))
  await assert.rejects(a.sync(), (error: SyncError) => error.resync)
  await a.sync()
  await b.sync()
  assert.equal((await b.row(id))?.['note'], 'typed')
})

test('R13 RxDB offers back what the server has lost', async () => {
  const [first, second] = await patient(2)
  const a = await (await Tablet.open(first!)).start()
  const b = await (await Tablet.open(second!)).start()
  const kept = await a.create(entry({ note: 'kept' }))
  const edited = await a.create(entry({ note: 'before the backup' }))
  const lost = await a.create(entry({ note: 'lost' }))
  const gone = await a.create(entry({ note: 'gone' }))
  await a.sync()
  await eventually(async () => {
    await b.sync()
    assert.equal((await b.rows()).size, 4)
  })
  await a.edit(edited, { note: 'after the backup' })
  await a.remove(gone)
  await eventually(async () => {
    await a.sync()
    assert.equal((await a.device.all()).get(edited)?.['note'], 'after the backup')
    assert.equal((await a.device.all()).size, 3)
  })
  await operator(lose(lost) + older(edited, 'before the backup') + newEpoch)
  const typed = await a.create(entry({ note: 'not sent yet' }))
  await eventually(async () => {
    for (const tablet of [a, b]) {
      await tablet.sync()
      const [server, rows] = [await a.device.all(), await tablet.rows()]
      assert.deepEqual([...rows.keys()].sort(), [kept, edited, lost, typed].sort())
      for (const [id, row] of rows) assert.deepEqual(content(row), content(server.get(id)))
      assert.equal(rows.get(edited)?.['note'], 'after the backup')
    }
  })
  await a.close()
  await b.close()
})
