// What a device had seen when it edited, deleted or made a record travels with it, in both libraries: every
// conflict is named to the app, and no delete removes what its device never showed.

import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { dayId, SyncError } from '@pain-journal/sync-core'
import type { Values } from '@pain-journal/sync-core'
import { undelete } from '@pain-journal/watermelondb'
import * as rxdb from '@pain-journal/rxdb'
import { Net } from './net.js'
import { complaints, Phone } from './phone.js'
import { Tablet } from './tablet.js'
import { content, day, entry, eventually, patient } from './world.js'
import type { Device } from './world.js'

type Entry = Values<'journal_entries'>

const opened: Tablet[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})
after(() => {
  assert.deepEqual(complaints, [], 'WatermelonDB complained')
  assert.deepEqual(Net.blind, [], 'sent without what had been seen')
})

async function phones(): Promise<[Phone, Phone]> {
  const [a, b] = await patient(2)
  assert.ok(a && b)
  return [new Phone(a), new Phone(b)]
}

async function tablets(): Promise<[Tablet, Tablet]> {
  const [a, b] = await patient(2)
  assert.ok(a && b)
  const both: [Tablet, Tablet] = [await Tablet.open(a), await Tablet.open(b)]
  for (const tablet of both) opened.push(await tablet.start())
  return both
}

/** Everybody and the server hold the same. */
async function settle(...all: (Phone | Tablet)[]): Promise<void> {
  await eventually(async () => {
    for (const each of [...all, ...all]) await each.sync()
    for (const each of all) {
      const [server, local] = [await each.device.all(), await each.rows()]
      assert.deepEqual([...local.keys()].sort(), [...server.keys()].sort())
      for (const [id, row] of local) assert.deepEqual(content(row), content(server.get(id)))
    }
  })
}

/** Another device writes, past all troubles. */
const elsewhere = async (device: Device, id: string, values: Entry): Promise<void> => {
  const row = { id, ...values, _changed: Object.keys(values).join(','), updated_at: Date.now() }
  await device.plain().push({ journal_entries: { updated: [row] } }, (await device.plain().pullAll({ cursor: 0 })).timestamp)
}

/** No push of this device is answered or arrives any more, until it stops. */
async function cutPush(phone: Phone): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) phone.device.net.loseRequest()
  await assert.rejects(phone.sync(), (error: SyncError) => error.status === 0)
}

for (const how of ['at once', 'cut between pull and push', 'killed between pull and push'] as const) {
  test(`S01 WatermelonDB, ${how}: a text that a pull brought and nobody saw is named when it loses`, async () => {
    const [a, b] = await phones()
    const id = await a.create(entry({ note: 'start' }))
    await settle(a, b)
    await a.edit(id, { note: 'from a' })
    await b.edit(id, { note: 'from b' })
    await b.sync()
    if (how !== 'at once') await cutPush(a)
    if (how === 'killed between pull and push') await a.restart()
    await a.sync()
    assert.deepEqual(a.lost.map(({ id, field, stands, lost, mine }) => [id, field, stands, lost, mine]), [[id, 'note', 'from a', 'from b', false]])
    assert.equal(a.lost[0]?.device_id !== null, true)
    assert.deepEqual(a.monitor.snapshot().conflicts, a.lost)
    await settle(a, b)
    assert.equal((await b.row(id))?.['note'], 'from a')
    // Settled is settled: the next edit is an ordinary one.
    await a.edit(id, { note: 'later' })
    await a.sync()
    assert.equal(a.lost.length, 1)
  })

  test(`S02 WatermelonDB, ${how}: a delete does not remove an edit that was never shown`, async () => {
    const [a, b] = await phones()
    const id = await a.create(entry({ note: 'start' }))
    const quiet = await a.create(entry({ note: 'nobody edits it' }))
    await settle(a, b)
    await a.remove(id)
    await a.remove(quiet)
    await b.edit(id, { note: 'from b' })
    await b.sync()
    if (how !== 'at once') await cutPush(a)
    if (how === 'killed between pull and push') await a.restart()
    await settle(a, b)
    assert.deepEqual([...(await a.rows()).values()].map((row) => row['note']), ['from b'])
    assert.ok(a.merged.some((record) => record.id === id && record.result === 'kept'))
    // Having seen it, the patient may delete it.
    await a.remove(id)
    await settle(a, b)
    assert.equal((await b.rows()).size, 0)
  })
}

test('S03 WatermelonDB: an edit made while the pull is on its way has not seen it', async () => {
  const [a, b] = await phones()
  const id = await a.create(entry({ note: 'start' }))
  await settle(a, b)
  await b.edit(id, { note: 'from b' })
  await b.sync()
  a.device.net.beforeArrival('GET', () => a.edit(id, { note: 'from a' }))
  await a.sync()
  assert.deepEqual(a.lost.map(({ lost }) => lost), ['from b'])
  await settle(a, b)
})

test('S04 WatermelonDB: what the app keeps for itself is not sent as edited', async () => {
  const [a, b] = await phones()
  const id = await a.create(entry({ note: 'start' }))
  await settle(a, b)
  await a.database.write(async () => {
    const record = await a.database.get('journal_entries').find(id)
    await record.update(() => {
      const raw = record._raw as unknown as { _changed: string; _status: string }
      raw._changed = 'unread,note'
      raw._status = 'updated'
      record._setRaw('note', 'edited')
    })
  })
  await settle(a, b)
  assert.deepEqual(a.rejected, [])
  assert.equal((await b.row(id))?.['note'], 'edited')
})

for (const library of ['WatermelonDB', 'RxDB'] as const) {
  const two = library === 'RxDB' ? tablets : phones

  /** Both are offline; `b` is the first to be online again. */
  async function apart(a: Phone | Tablet, b: Phone | Tablet, edits: () => Promise<unknown>): Promise<void> {
    a.device.net.offline = b.device.net.offline = true
    await edits()
    b.device.net.offline = false
    await eventually(() => b.sync())
    a.device.net.offline = false
    await settle(a, b)
  }

  test(`S05 ${library}: the entry of one day made twice: the text that lost is named`, async () => {
    const [a, b] = await two()
    const id = dayId(a.device.patient, 'journal_entries', day())
    const daily = { id, kind: 'daily', journal_date: day() } as const
    await apart(a, b, async () => {
      await a.create(entry({ ...daily, note: 'bad night', mood: 3 }))
      await b.create(entry({ ...daily, note: 'good night', stress: 2 }))
    })
    assert.deepEqual(a.lost.filter(({ field }) => field === 'note').map(({ stands, lost }) => [stands, lost]), [['bad night', 'good night']])
    const row = await b.row(id)
    assert.deepEqual([row?.['note'], row?.['mood'], row?.['stress']], ['bad night', 3, 2])
  })

  test(`S06 ${library}: the same field edited on both: the value that lost is named, a delete keeps what it never showed`, async () => {
    const [a, b] = await two()
    const [one, other] = [await a.create(entry({ note: 'start' })), await a.create(entry({ note: 'start' }))]
    await settle(a, b)
    await apart(a, b, async () => {
      await a.edit(one, { note: 'from a' })
      await a.remove(other)
      await b.edit(one, { note: 'from b' })
      await b.edit(other, { note: 'typed' })
    })
    assert.deepEqual(a.lost.map(({ id, lost }) => [id, lost]), [[one, 'from b']])
    assert.equal((await a.row(other))?.['note'], 'typed')
  })

  test(`S07 ${library}: deleted and made again with the same words is there again`, async () => {
    const [a, b] = await two()
    const id = dayId(a.device.patient, 'journal_entries', day())
    const made = entry({ id, kind: 'daily', journal_date: day(), note: 'the same words' })
    await a.create(made)
    await settle(a, b)
    await a.remove(id)
    await settle(a, b)
    assert.equal((await b.rows()).size, 0)
    await a.create(made)
    await settle(a, b)
    assert.equal((await b.row(id))?.['note'], 'the same words')
    // By another device, that has heard of the delete.
    await a.remove(id)
    await settle(a, b)
    await b.create(made)
    await settle(a, b)
    assert.equal((await a.row(id))?.['note'], 'the same words')
  })

  test(`S08 ${library}: a deleted record is brought back by its name, with its last values`, async () => {
    const [a, b] = await two()
    const id = await a.create(entry({ note: 'precious', mood: 4 }))
    await settle(a, b)
    await a.remove(id)
    await settle(a, b)
    const outcome = b instanceof Phone
      ? await undelete(b.options(), 'journal_entries', id, { mood: 5 })
      : await rxdb.undelete(b.replication!, id, { mood: 5 })
    assert.equal(outcome && 'result' in outcome && outcome.result, 'resurrected')
    await settle(a, b)
    for (const each of [a, b]) {
      const row = await each.row(id)
      assert.deepEqual([row?.['note'], row?.['mood']], ['precious', 5])
    }
  })

  test(`S09 ${library}: the safety notice of a red flag reaches the app`, async () => {
    const [a, b] = await two()
    const id = await a.create(entry({ note: 'x' }))
    await settle(a, b)
      assert.equal(a.notices.length, 0)
    await a.edit(id, { red_flags: '["bladder_bowel"]' })
    await settle(a, b)
    assert.ok(a.notices.length > 0)
    assert.equal(a.notices[0]?.code, 'seek_care_now')
    assert.deepEqual(a.monitor.snapshot().notice, a.notices.at(-1))
    assert.deepEqual(b.notices, [])
  })

  test(`S10 ${library}: a record that no request takes stays here, is reported, and blocks nobody`, async () => {
    const [a, b] = await two()
    const big = await a.create(entry({ note: 'x'.repeat(9_000_000) }))
    const small = await a.create(entry({ note: 'small' }))
    await eventually(async () => {
      await a.sync()
      assert.ok((await b.device.all()).has(small))
      assert.deepEqual(a.rejected.filter(({ id }) => id === big).at(-1)?.code, 'too_large')
    }, 60_000)
    assert.equal(String((await a.row(big))?.['note']).length, 9_000_000)
    assert.deepEqual(a.monitor.snapshot().rejected.map(({ id }) => id), [big])
    await a.edit(big, { note: 'shorter' })
    await settle(a, b)
    assert.equal((await b.row(big))?.['note'], 'shorter')
    assert.deepEqual(a.monitor.snapshot().rejected, [])
  })

  test(`S11 ${library}: everything that is wrong with a record is named`, async () => {
    const [a] = await two()
    const id = await a.create(entry({ mood: 11, energy: 12 }))
    await eventually(async () => {
      await a.sync()
      assert.ok(a.rejected.length)
    })
    const faults = a.rejected[0]?.faults.map(({ code, field }) => `${code} ${field}`).sort()
    assert.deepEqual([a.rejected[0]?.id, faults], [id, ['invalid_value energy', 'invalid_value mood']])
  })

  for (const then of ['the app goes on', 'the app starts again', 'the person signs in again']) {
    test(`S12 ${library}: the answer is lost, then ${then}: what others wrote since stands`, async () => {
      const [a, b] = await two()
      const [id, doomed] = [await a.create(entry({ note: 'start' })), await a.create(entry({ note: 'delete me' }))]
      await settle(a, b)
      // The edit and the delete arrive, and nobody hears of it.
      a.device.net.next('POST', async (request) => {
        await (await request()).text()
        a.device.net.offline = true
        throw new TypeError('the connection broke')
      })
      const typing = a instanceof Phone ? undefined : a.replication?.pause()
      await typing
      await a.edit(id, { note: 'older' })
      await a.remove(doomed)
      if (!(a instanceof Phone)) await a.replication?.start()
      await Promise.race([a.sync().catch(() => undefined), eventually(() => assert.ok(a.device.net.offline))])
      await eventually(async () => {
        const server = await b.device.all()
        assert.deepEqual([server.get(id)?.['note'], server.has(doomed)], ['older', false])
      })
      await eventually(async () => {
        await b.sync()
        assert.deepEqual([(await b.row(id))?.['note'], await b.row(doomed)], ['older', undefined])
      })
      await b.edit(id, { note: 'newer' })
      await eventually(async () => {
        await b.sync()
        assert.equal((await b.device.all()).get(id)?.['note'], 'newer')
      })
      if (then === 'the person signs in again') {
        await a.device.signOut()
        await a.device.signInAgain()
      }
      a.device.net.offline = false
      if (then === 'the app starts again') await (a instanceof Phone ? a.restart() : a.start())
      await settle(a, b)
      assert.deepEqual([(await a.row(id))?.['note'], (await b.row(id))?.['note']], ['newer', 'newer'])
      assert.deepEqual([await a.row(doomed), await b.row(doomed)], [undefined, undefined])
      const lines = await b.device.api.history('journal_entries', id)
      assert.deepEqual(lines.map(({ changes }) => changes['note']?.to), ['start', 'older', 'newer'])
    })
  }
}

test('S13 RxDB: what was refused is not overwritten by a pull, and is mended over a restart', async () => {
  const [a, b] = await tablets()
  const id = await a.create(entry({ note: 'start', mood: 4 }))
  await settle(a, b)
  await a.edit(id, { note: 'my words', mood: 11 })
  await eventually(() => assert.equal(a.rejected.length, 1))
  assert.equal(await rxdb.unsent(a.database, a.device.api), 1)
  await elsewhere(b.device, id, { stress: 7 })
  await a.sync()
  assert.deepEqual([(await a.row(id))?.['note'], (await a.row(id))?.['mood']], ['my words', 11])
  await a.start()
  await a.sync()
  assert.equal((await a.row(id))?.['note'], 'my words')
  await a.edit(id, { mood: 10 })
  await settle(a, b)
  const row = await b.row(id)
  assert.deepEqual([row?.['note'], row?.['mood'], row?.['stress']], ['my words', 10, 7])
  assert.equal(await rxdb.unsent(a.database, a.device.api), 0)
})
