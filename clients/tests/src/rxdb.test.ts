// The real RxDB against the real server.

import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import { dayId, uuidv7 } from '@pain-journal/sync-core'
import type { Create, Update } from '@pain-journal/sync-core'
import { Net } from './net.js'
import { Phone } from './phone.js'
import { Tablet } from './tablet.js'
import { content, day, entry, eventually, patient, wait } from './world.js'
import type { Device } from './world.js'

const opened: Tablet[] = []

/** So many devices of a fresh patient; only some of them have RxDB running. */
async function tablets(count: number): Promise<Tablet[]> {
  const all: Tablet[] = []
  for (const device of await patient(count)) all.push(await tablet(device))
  return all
}

async function tablet(device: Device): Promise<Tablet> {
  const made = await Tablet.open(device)
  opened.push(made)
  return made
}

async function two(): Promise<[Tablet, Tablet]> {
  const [a, b] = await tablets(2)
  assert.ok(a && b)
  await a.start()
  await b.start()
  return [a, b]
}

after(() => assert.deepEqual(Net.blind, [], 'sent without what had been seen'))

// The free RxDB opens few collections at once.
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

/** Syncs until tablets and server hold the same. */
async function settle(...all: Tablet[]): Promise<void> {
  await eventually(async () => {
    for (const each of all) await each.sync()
    for (const each of all) {
      const [server, local] = [await each.device.all(), await each.rows()]
      assert.deepEqual([...local.keys()].sort(), [...server.keys()].sort())
      for (const [id, row] of local) assert.deepEqual(content(row), content(server.get(id)))
    }
  })
}

/** Another device writes, past all troubles. */
const elsewhere = (device: Device, lists: { created?: Create<'journal_entries'>[]; updated?: Update<'journal_entries'>[]; deleted?: string[] }) =>
  device.plain().push({ journal_entries: lists }, 0)

test('R01 records travel both ways, deletes too', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'bad night', mood: 3, pain_free_day: false, triggers: '["lifting"]' }))
  await settle(a, b)
  assert.equal((await b.row(id))?.['triggers'], '["lifting"]')
  assert.equal((await a.row(id))?.['journal_date'], day(), 'the server has settled the day')
  await b.edit(id, { note: 'better' })
  await settle(b, a)
  assert.equal((await a.row(id))?.['note'], 'better')
  await a.remove(id)
  await settle(a, b)
  assert.equal((await b.rows()).size, 0)
  assert.deepEqual([...a.errors, ...b.errors], [])
})

test('R02 different fields of one record: both stay', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'start', mood: 5 }))
  await settle(a, b)
  a.device.net.offline = b.device.net.offline = true
  await a.edit(id, { note: 'from a' })
  await b.edit(id, { mood: 8 })
  a.device.net.offline = b.device.net.offline = false
  await settle(a, b)
  const row = await a.row(id)
  assert.deepEqual([row?.['note'], row?.['mood']], ['from a', 8])
})

test('R03 the same field: one value stands everywhere, the other is in the history', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'start' }))
  await settle(a, b)
  b.device.net.offline = true
  await a.edit(id, { note: 'from a' })
  await b.edit(id, { note: 'from b' })
  await a.sync()
  b.device.net.offline = false
  await settle(a, b)
  assert.equal((await a.row(id))?.['note'], 'from b')
  assert.ok((await a.device.values(id, 'note')).includes('from a'))
  assert.equal(b.merged.find((record) => record.id === id)?.conflicts['note']?.overwritten, 'from a')
})

test('R04 many quick edits on a slow network: the last one stands', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: '0' }))
  for (let edit = 1; edit <= 30; edit++) {
    a.device.net.beforeSending('POST', () => wait(30))
    await a.edit(id, { note: String(edit) })
    await wait(5)
  }
  await settle(a, b)
  assert.equal((await b.row(id))?.['note'], '30')
})

test('R05 another device writes while a push is under way', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'start', mood: 1 }))
  await settle(a, b)
  a.device.net.beforeSending('POST', () => elsewhere(b.device, { updated: [{ id, mood: 7, _changed: 'mood' }] }))
  await a.edit(id, { note: 'from a' })
  await settle(a, b)
  const row = await b.row(id)
  assert.deepEqual([row?.['note'], row?.['mood']], ['from a', 7])
})

for (const batches of [1, 1.5, 2]) {
  test(`R06 ${batches} full pages`, async () => {
    const [a, b] = await tablets(2)
    const rows = Array.from({ length: 20 * batches }, (_, index) => entry({ note: `${index}` }))
    await elsewhere(b!.device, { created: rows })
    await a!.start({ batchSize: 20 })
    assert.equal((await a!.rows()).size, rows.length)
    await settle(a!)
  })
}

test('R07 deleted here, edited there: the edit stands', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'start' }))
  await settle(a, b)
  a.device.net.offline = true
  await a.remove(id)
  await b.edit(id, { note: 'kept' })
  await b.sync()
  a.device.net.offline = false
  await settle(a, b)
  assert.equal((await a.row(id))?.['note'], 'kept')
})

test('R08 edited here, deleted there: the edit stands', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'start' }))
  await settle(a, b)
  a.device.net.offline = true
  await a.edit(id, { note: 'kept' })
  await b.remove(id)
  await b.sync()
  a.device.net.offline = false
  await settle(a, b)
  assert.equal((await b.row(id))?.['note'], 'kept')
})

test('R09 a record that is not accepted stays on the device, blocks nothing, and can be fixed', async () => {
  const [a, b] = await two()
  const bad = await a.create(entry({ mood: 11, note: 'too good' }))
  const good = await a.create(entry({ mood: 4 }))
  await eventually(() => assert.equal(a.rejected.length, 1))
  assert.deepEqual([a.rejected[0]?.id, a.rejected[0]?.code, a.rejected[0]?.field], [bad, 'invalid_value', 'mood'])
  await eventually(async () => {
    await b.sync()
    assert.deepEqual([...(await b.rows()).keys()], [good])
  })
  assert.equal((await a.row(bad))?.['note'], 'too good')
  await a.edit(bad, { mood: 10 })
  await settle(a, b)
  assert.equal((await b.row(bad))?.['mood'], 10)
})

test('R09 an edit that is not accepted can be fixed, too', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ mood: 4, note: 'start' }))
  await settle(a, b)
  await a.edit(id, { mood: 11 })
  await eventually(() => assert.equal(a.rejected.length, 1))
  await a.edit(id, { mood: 10 })
  await settle(a, b)
  assert.deepEqual([(await b.row(id))?.['mood'], (await b.row(id))?.['note']], [10, 'start'])
  assert.equal(a.rejected.length, 1)
})

test('R09 a refused edit of several fields is mended whole; after a restart it can still be mended', async () => {
  const [a, b] = await two()
  for (const restart of [false, true]) {
    const id = await a.create(entry({ pain_least: 1, pain_average: 5 }))
    await settle(a, b)
    a.rejected.length = 0
    await a.edit(id, { pain_average: 2, note: 'both', mood: 11 })
    await eventually(() => assert.equal(a.rejected.length, 1))
    if (restart) await a.start()
    await a.edit(id, { mood: 10 })
    await settle(a, b)
    const row = await b.row(id)
    assert.equal(row?.['mood'], 10)
    if (!restart) assert.deepEqual([row?.['pain_average'], row?.['note']], [2, 'both'])
  }
})

test('R10 a network that loses and repeats', async () => {
  const [a, b] = await two()
  const net = a.device.net
  const ids: string[] = []
  for (let round = 0; round < 12; round++) {
    net[(['loseAnswer', 'loseRequest', 'duplicate'] as const)[round % 3]!](round % 2 ? 'GET' : 'POST')
    ids.push(await a.create(entry({ note: `made ${round}` })))
    if (round > 2) await a.edit(ids[round - 2]!, { note: `edited ${round}` })
    await wait(20)
  }
  await settle(a, b)
  assert.equal((await b.rows()).size, 12)
  const { history } = await a.device.get(`/v1/sync/history/journal_entries/${ids[0]}`)
  assert.equal(history.filter((line: any) => line.op === 'create').length, 1)
})

test('R11 live: another device hears of a change at once', async () => {
  const [a, b] = await two()
  const stop = b.device.plain().watch(() => b.poke$.next())
  // The stream is open a moment later; what comes before is not announced.
  await wait(300)
  const start = Date.now()
  const id = await a.create(entry({ note: 'live' }))
  await eventually(async () => assert.equal((await b.row(id))?.['note'], 'live'))
  console.log(`live after ${Date.now() - start} ms`)
  stop()
})

test('R12 the entry of one day on two offline devices becomes one', async () => {
  const [a, b] = await two()
  a.device.net.offline = b.device.net.offline = true
  const id = dayId(a.device.patient, 'journal_entries', day())
  await a.create(entry({ id, kind: 'daily', journal_date: day(), note: 'from a' }))
  await b.create(entry({ id, kind: 'daily', journal_date: day(), mood: 6 }))
  a.device.net.offline = b.device.net.offline = false
  await settle(a, b)
  const row = await b.row(id)
  assert.deepEqual([row?.['note'], row?.['mood']], ['from a', 6])
})

test('R14 a slow pull, and another device writes between a push and its answer', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'start', mood: 1 }))
  await settle(a, b)
  await wait(200)
  // The pull is on its way before the push, and reads what was written after it.
  a.device.net.beforeSending('GET', () => wait(300))
  a.device.net.beforeArrival('POST', async () => {
    await elsewhere(b.device, { updated: [{ id, mood: 7, _changed: 'mood' }] })
    await wait(500)
  })
  a.poke$.next()
  await wait(20)
  await a.edit(id, { note: 'from a' })
  await wait(1200)
  await settle(a, b)
  assert.deepEqual([(await a.row(id))?.['note'], (await a.row(id))?.['mood']], ['from a', 7])
})

test('R15 made, deleted and made again, with lost answers', async () => {
  const [a, b] = await two()
  const id = dayId(a.device.patient, 'journal_entries', day())
  await a.create(entry({ id, kind: 'daily', note: 'first' }))
  a.device.net.loseAnswer()
  await a.remove(id)
  await settle(a, b)
  assert.equal((await b.rows()).size, 0)
  await a.create(entry({ id, kind: 'daily', note: 'second' }))
  await settle(a, b)
  assert.equal((await b.row(id))?.['note'], 'second')
})

test('R16 the app is started again while offline changes wait', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'start' }))
  await settle(a, b)
  a.device.net.offline = true
  await a.edit(id, { note: 'offline' })
  const made = await a.create(entry({ note: 'made offline' }))
  await a.replication?.cancel()
  a.device.net.offline = false
  await a.start()
  await settle(a, b)
  assert.deepEqual([(await b.row(id))?.['note'], (await b.row(made))?.['note']], ['offline', 'made offline'])
})

test('R17 an app that deletes what was made in a push it never heard of', async () => {
  const [a, b] = await two()
  a.device.net.next('POST', async (request) => {
    await (await request()).text()
    a.device.net.offline = true
    throw new TypeError('the connection broke')
  })
  const id = await a.create(entry({ note: 'unwanted' }))
  await eventually(() => assert.ok(a.device.net.offline))
  await a.replication?.cancel()
  await a.remove(id)
  a.device.net.offline = false
  await a.start()
  await settle(a, b)
  assert.equal((await b.rows()).size, 0)
})

test('R18 signed out: what was typed waits for the next sign-in', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'first' }))
  await settle(a, b)
  await a.device.signOut()
  await a.edit(id, { note: 'typed' })
  const made = await a.create(entry({ note: 'made' }))
  const refused = (error: any): boolean => JSON.stringify(error.parameters ?? {}).includes('session_revoked')
  await eventually(() => assert.ok(a.errors.some(refused)))
  assert.deepEqual([...(await b.device.all()).values()].map((row) => row['note']), ['first'])
  await a.device.signInAgain()
  await settle(a, b)
  assert.deepEqual([(await b.row(id))?.['note'], (await b.row(made))?.['note']], ['typed', 'made'])
})

for (const offline of [true, false]) {
  test(`R19 ids in capitals, made ${offline ? 'before' : 'after'} the replication starts: one record everywhere`, async () => {
    const [a, b] = await tablets(2)
    assert.ok(a && b)
    if (!offline) await a.start()
    const [session, one, both] = [uuidv7(), uuidv7(), uuidv7()]
    await a.create({ ...entry({ note: 'first', treatment_session_id: session.toUpperCase() }), id: one.toUpperCase() })
    await a.create({ ...entry({ note: 'typed' }), id: both })
    if (offline) {
      await a.create({ ...entry({ mood: 4 }), id: both.toUpperCase() })
      a.device.net.loseAnswer()
      await a.start()
    }
    await b.start()
    await settle(a, b)
    for (const each of [a, b]) {
      assert.deepEqual([...(await each.rows()).keys()].sort(), [one, both].sort())
      assert.equal((await each.row(one))?.['treatment_session_id'], session)
      assert.equal((await each.row(both))?.['note'], 'typed')
      if (offline) assert.equal((await each.row(both))?.['mood'], 4)
    }
    await b.edit(one, { note: 'second' })
    await settle(b, a)
    assert.equal((await a.row(one))?.['note'], 'second')
    await a.remove(one)
    await settle(a, b)
    assert.deepEqual([...(await b.rows()).keys()], [both])
    assert.deepEqual([...a.rejected, ...b.rejected, ...b.errors], [])
  })
}

test('RxDB and WatermelonDB on two devices of one patient', async () => {
  const [first, second] = await patient(2)
  const a = await (await tablet(first!)).start()
  const b = new Phone(second!)
  await b.sync()
  const id = await a.create(entry({ note: 'start', mood: 5 }))
  await settle(a)
  await b.sync()
  await b.edit(id, { mood: 6 })
  a.device.net.offline = true
  await a.edit(id, { note: 'from rxdb' })
  await b.sync()
  a.device.net.offline = false
  await settle(a)
  await b.sync()
  for (const row of [await a.row(id), await b.row(id)]) assert.deepEqual([row?.['note'], row?.['mood']], ['from rxdb', 6])
})

test('F02 F03 10 000 entries: a first sync, cut off and gone on with where it stood', async () => {
  const [a, b] = await tablets(2)
  const rows = Array.from({ length: 10_000 }, (_, index) => ({ ...entry({ note: `entry ${index}`, mood: index % 11 }), id: uuidv7() }))
  await elsewhere(b!.device, { created: rows })
  const start = Date.now()
  const cut = a!.start({ live: false }).catch(() => undefined)
  await eventually(async () => assert.ok((await a!.entries.count().exec()) >= 2000))
  await a!.replication?.cancel()
  void cut
  const asked = a!.device.net.asked.length
  await a!.start()
  const [next] = a!.device.net.asked.slice(asked)
  assert.match(next ?? '', /last_pulled_at=[1-9]/, 'not from the start again')
  await eventually(async () => assert.equal(await a!.entries.count().exec(), 10_000), 60_000)
  console.log(`first sync of 10 000 entries: ${Date.now() - start} ms`)
})
