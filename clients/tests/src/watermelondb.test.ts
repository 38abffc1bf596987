// The real WatermelonDB against the real server.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { dayId, SCHEMA_VERSION, uuidv7 } from '@pain-journal/sync-core'
import { hasUnsyncedChanges, synchronize } from '@nozbe/watermelondb/sync/index.js'
import { Net } from './net.js'
import { complaints, Phone } from './phone.js'
import { baseUrl, content, day, entry, patient } from './world.js'

async function phones(count: number, clocks: number[] = []): Promise<Phone[]> {
  return (await patient(count)).map((device, index) => new Phone(device, clocks[index]))
}

async function two(): Promise<[Phone, Phone]> {
  const [a, b] = await phones(2)
  assert.ok(a && b)
  return [a, b]
}

/** Syncs in turns until nothing can be left, and expects phones and server to hold the same. */
async function settle(...all: Phone[]): Promise<void> {
  for (const phone of [...all, ...all]) await phone.sync()
  for (const phone of all) {
    const server = await phone.device.all()
    const local = await phone.rows()
    assert.deepEqual([...local.keys()].sort(), [...server.keys()].sort())
    for (const [id, row] of local) assert.deepEqual(content(row), content(server.get(id)))
    assert.equal(await hasUnsyncedChanges({ database: phone.database }), false)
  }
}

after(() => {
  assert.deepEqual(complaints, [], 'WatermelonDB complained')
  assert.deepEqual(Net.blind, [], 'sent without what had been seen')
})

test('M01 records travel both ways, in every collection', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'bad night', mood: 3, pain_free_day: false, triggers: '["lifting"]' }))
  const session = { id: uuidv7(), status: 'planned', kind: 'treatment', starts_at: Date.now(), time_zone: 'UTC' }
  await a.create(session, 'treatment_sessions')
  await a.create({ id: uuidv7(), journal_date: day(), time_zone: 'UTC', quality: 7 }, 'sleep_records')
  await a.sync()
  await b.sync()
  assert.equal((await b.row(id))?.['triggers'], '["lifting"]')
  assert.equal((await b.rows('treatment_sessions')).size, 1)
  assert.equal((await b.rows('sleep_records')).size, 1)
  await b.edit(id, { note: 'better' })
  await settle(b, a)
  assert.equal((await a.row(id))?.['note'], 'better')
})

test('M01 what the server settles comes back to the device that left it out', async () => {
  const [a] = await phones(1)
  const id = await a!.create(entry())
  await a!.sync()
  await a!.sync()
  const row = await a!.row(id)
  assert.equal(row?.['journal_date'], day())
  assert.equal(row?.['utc_offset_minutes'], 0)
})

test("M02 an app with nothing but the example of WatermelonDB's documentation syncs, too", async () => {
  const [a, b] = await two()
  const url = `${baseUrl}/v1/sync`
  const bare = (phone: Phone): Promise<void> =>
    synchronize({
      database: phone.database,
      sendCreatedAsUpdated: true,
      pullChanges: async ({ lastPulledAt, migration }) => {
        // The one thing to change in it: the server's schema has a version of its own.
        const params = `last_pulled_at=${lastPulledAt}&schema_version=${SCHEMA_VERSION}&migration=${encodeURIComponent(JSON.stringify(migration))}`
        const response = await fetch(`${url}?${params}`, { headers: { authorization: `Bearer ${phone.device.token}` } })
        if (!response.ok) throw new Error(await response.text())
        const { changes, timestamp } = (await response.json()) as any
        return { changes, timestamp }
      },
      pushChanges: async ({ changes, lastPulledAt }) => {
        const response = await fetch(`${url}?last_pulled_at=${lastPulledAt}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${phone.device.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ changes }),
        })
        if (!response.ok) throw new Error(await response.text())
      },
    })
  await bare(a)
  const id = await a.create(entry({ note: 'one', mood: 1 }))
  const gone = await a.create(entry())
  for (const phone of [a, b]) await bare(phone)
  await a.edit(id, { note: 'two' })
  await b.edit(id, { mood: 2 })
  await b.remove(gone)
  for (const phone of [a, b, a, b]) await bare(phone)
  for (const phone of [a, b]) {
    assert.deepEqual([...(await phone.rows()).keys()], [id])
    assert.deepEqual([(await phone.row(id))?.['note'], (await phone.row(id))?.['mood']], ['two', 2])
  }
})

for (const trouble of ['no trouble', 'loseAnswer', 'loseRequest'] as const) {
  test(`M21 ids in capitals, ${trouble}: one record on every device and on the server`, async () => {
    const [a, b] = await two()
    const [session, one, both] = [uuidv7(), uuidv7(), uuidv7()]
    await a.create({ id: session.toUpperCase(), status: 'planned', kind: 'treatment', starts_at: Date.now(), time_zone: 'UTC' }, 'treatment_sessions')
    await a.create({ ...entry({ note: 'first', treatment_session_id: session.toUpperCase() }), id: one.toUpperCase() })
    // Made twice before the first sync, once by each half of an app.
    await a.create({ ...entry({ note: 'typed' }), id: both })
    await a.create({ ...entry({ mood: 4 }), id: both.toUpperCase() })
    if (trouble !== 'no trouble') a.device.net[trouble]()
    await settle(a, b)
    for (const phone of [a, b]) {
      assert.deepEqual([...(await phone.rows('treatment_sessions')).keys()], [session])
      assert.deepEqual([...(await phone.rows()).keys()].sort(), [one, both].sort())
      assert.equal((await phone.row(one))?.['treatment_session_id'], session)
      assert.deepEqual([(await phone.row(both))?.['note'], (await phone.row(both))?.['mood']], ['typed', 4])
    }
    // A reference alone, too, and an edit and a delete under the kept id.
    await a.edit(both, { treatment_session_id: session.toUpperCase() })
    await b.edit(one, { note: 'second' })
    await settle(a, b)
    assert.equal((await a.row(both))?.['treatment_session_id'], session)
    assert.equal((await a.row(one))?.['note'], 'second')
    await a.remove(one)
    await settle(a, b)
    assert.deepEqual([...(await b.rows()).keys()], [both])
    assert.deepEqual([...a.rejected, ...b.rejected], [])
  })
}

for (const trouble of ['loseAnswer', 'loseRequest', 'duplicate'] as const) {
  test(`M03 ${trouble}: applied once, nothing lost`, async () => {
    const [a, b] = await two()
    await a.sync()
    const id = await a.create(entry({ note: 'one' }))
    a.device.net[trouble]()
    await a.sync()
    a.device.net[trouble]('GET')
    await a.edit(id, { note: 'two' })
    a.device.net[trouble]()
    await settle(a, b)
    const { history } = await a.device.get(`/v1/sync/history/journal_entries/${id}`)
    assert.deepEqual(history.map((line: any) => line.op), ['create', 'update'])
  })
}

test('M03b a lost answer for good: the repeat does not undo another device', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'mine', mood: 2 }))
  // The app gives up: every attempt is applied or lost, none is answered.
  for (let attempt = 0; attempt < 5; attempt++) a.device.net.loseAnswer()
  await assert.rejects(a.sync())
  await b.sync()
  await b.edit(id, { mood: 9 })
  await b.sync()
  await settle(a, b)
  assert.equal((await a.row(id))?.['note'], 'mine')
  assert.ok((await a.device.values(id, 'mood')).includes(9))
})

test('M04 create, sync, delete, sync: gone everywhere, without an echo', async () => {
  const [a, b] = await two()
  const first = await a.create(entry())
  const second = await a.create(entry())
  await settle(a, b)
  await a.remove(first)
  await b.remove(second)
  await settle(a, b)
  assert.equal((await a.rows()).size, 0)
})

test('M05 different fields of one record: both stay', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'start', mood: 5 }))
  await settle(a, b)
  await a.edit(id, { note: 'from a' })
  await b.edit(id, { mood: 8 })
  await settle(a, b)
  const row = await a.row(id)
  assert.deepEqual([row?.['note'], row?.['mood']], ['from a', 8])
})

test('M06 the same field: the later sync stands, the other value is in the history', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'start' }))
  await settle(a, b)
  await a.edit(id, { note: 'from a' })
  await b.edit(id, { note: 'from b' })
  await a.sync()
  await b.sync()
  await settle(a, b)
  assert.equal((await a.row(id))?.['note'], 'from b')
  assert.ok((await a.device.values(id, 'note')).includes('from a'))
})

test('M07 deleted on one device, edited offline on the other: the edit stands', async () => {
  const [a, b] = await two()
  const [first, second] = [await a.create(entry({ note: 'x' })), await a.create(entry({ note: 'y' }))]
  await settle(a, b)
  await a.remove(first)
  await b.edit(first, { note: 'kept' })
  await a.edit(second, { note: 'seen by nobody' })
  await b.remove(second)
  await settle(a, b)
  assert.equal((await a.row(first))?.['note'], 'kept')
  // WatermelonDB pulls before it pushes, and nobody has looked at what came in.
  assert.equal((await a.row(second))?.['note'], 'seen by nobody')
})

test('M08 another device writes between pull and push of one sync', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'start', mood: 1 }))
  const doomed = await a.create(entry({ note: 'doomed' }))
  await settle(a, b)
  await a.edit(id, { note: 'from a' })
  await a.remove(doomed)
  await b.edit(id, { mood: 7 })
  await b.edit(doomed, { note: 'saved' })
  a.device.net.beforeSending('POST', () => b.sync())
  await a.sync()
  await settle(a, b)
  const row = await a.row(id)
  assert.deepEqual([row?.['note'], row?.['mood']], ['from a', 7])
  assert.equal((await a.row(doomed))?.['note'], 'saved')
})

test('M09 typing while the push is under way', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'one' }))
  a.device.net.beforeArrival('POST', () => a.edit(id, { note: 'two' }))
  await a.sync()
  await settle(a, b)
  assert.equal((await b.row(id))?.['note'], 'two')
})

test('M10 an update of the app brings a new table: its older records come, too', async () => {
  const [a, b] = await two()
  const old = new Phone(b.device, 0, 1)
  await a.create({ id: uuidv7(), journal_date: day(), time_zone: 'UTC', quality: 7 }, 'sleep_records')
  const id = await a.create(entry({ note: 'start' }))
  await a.sync()
  await old.sync()
  await old.edit(id, { note: 'typed before the update' })
  await old.restart(2)
  await old.sync({ migrationsEnabledAtVersion: 1 })
  assert.equal((await old.rows('sleep_records')).size, 1)
  assert.equal((await old.row(id))?.['note'], 'typed before the update')
})

test('M11 a record that is not accepted stays on the device, blocks nothing, and can be fixed', async () => {
  const [a, b] = await two()
  const bad = await a.create(entry({ mood: 11, note: 'too good' }))
  const good = await a.create(entry({ mood: 4 }))
  await a.sync()
  assert.deepEqual(a.rejected.map(({ id, code, field }) => [id, code, field]), [[bad, 'invalid_value', 'mood']])
  await b.sync()
  assert.deepEqual([...(await b.rows()).keys()], [good])
  assert.equal((await a.row(bad))?._status, 'created')
  const { rejected } = await a.device.get('/v1/sync/rejected')
  assert.match(rejected[0].payload, /too good/)
  await a.edit(bad, { mood: 10 })
  await settle(a, b)
  assert.equal((await b.row(bad))?.['mood'], 10)
})

test('M12 killed after the server has committed', async () => {
  const [a, b] = await two()
  await a.sync()
  const id = await a.create(entry({ note: 'typed' }))
  await a.restart()
  // The push arrives, the app does not live to see the answer.
  for (let attempt = 0; attempt < 5; attempt++) a.device.net.loseAnswer()
  await assert.rejects(a.sync())
  await a.restart()
  await settle(a, b)
  assert.equal((await b.row(id))?.['note'], 'typed')
  assert.equal((await b.rows()).size, 1)
})

test('M14 clocks five years off decide nothing', async () => {
  const year = 365 * 86_400_000
  const [a, b] = await phones(2, [5 * year, -5 * year])
  assert.ok(a && b)
  const id = await a.create(entry({ note: 'start', mood: 5 }))
  await settle(a, b)
  await a.edit(id, { note: 'from the future' })
  await a.sync()
  await b.sync()
  await b.edit(id, { note: 'from the past' })
  await settle(b, a)
  assert.equal((await a.row(id))?.['note'], 'from the past')
})

test('M15 syncs called at the same time follow each other', async () => {
  const [a, b] = await two()
  await a.create(entry())
  const running = a.sync()
  await a.create(entry())
  await Promise.all([running, a.sync(), a.sync(), a.sync()])
  assert.equal((await a.device.all()).size, 2)
  await settle(a, b)
})

test('M16 the entry of one day on two offline devices becomes one', async () => {
  const [a, b] = await two()
  await a.sync()
  await b.sync()
  const id = dayId(a.device.patient, 'journal_entries', day())
  const daily = { id, kind: 'daily', journal_date: day() }
  await a.create(entry({ ...daily, note: 'from a' }))
  await b.create(entry({ ...daily, mood: 6 }))
  await settle(a, b)
  const row = await b.row(id)
  assert.deepEqual([row?.['note'], row?.['mood']], ['from a', 6])
})

test('M17 the echo of its own delete does not take a new record of the same id', async () => {
  const [a, b] = await two()
  const id = dayId(a.device.patient, 'journal_entries', day())
  await a.create(entry({ id, kind: 'daily', note: 'first' }))
  await settle(a, b)
  await a.remove(id)
  await a.sync()
  await a.create(entry({ id, kind: 'daily', note: 'second' }))
  await settle(a, b)
  assert.equal((await b.row(id))?.['note'], 'second')
})

test('M18 a delete from elsewhere does not take a record that is new here', async () => {
  const [a, b] = await two()
  const id = dayId(a.device.patient, 'journal_entries', day())
  await b.sync()
  await a.create(entry({ id, kind: 'daily', note: 'a' }))
  await a.sync()
  await a.sync()
  await a.remove(id)
  await a.sync()
  await b.create(entry({ id, kind: 'daily', note: 'b' }))
  await settle(b, a)
  assert.equal((await a.row(id))?.['note'], 'b')
})

test('M19 an edit of nothing does not bring a deleted record back', async () => {
  const [a, b] = await two()
  const id = await a.create(entry({ note: 'gone' }))
  await settle(a, b)
  await a.remove(id)
  await a.sync()
  await b.edit(id, { note: 'gone' })
  await settle(b, a)
  assert.equal((await b.rows()).size, 0)
})

for (const method of ['GET', 'POST'] as const) {
  test(`M20 signed out before the ${method} of a sync: what was typed waits for the next sign-in`, async () => {
    const [a, b] = await two()
    const id = await a.create(entry({ note: 'first' }))
    await settle(a, b)
    await b.edit(id, { mood: 3 })
    await b.sync()
    await a.edit(id, { note: 'typed' })
    const made = await a.create(entry({ note: 'made' }))
    a.device.net.beforeSending(method, () => a.device.signOut())
    await assert.rejects(a.sync(), { status: 401, code: 'session_revoked' })
    assert.deepEqual([(await a.row(id))?._status, (await a.row(made))?._status], ['updated', 'created'])
    assert.deepEqual([...(await b.device.all()).values()].map((row) => row['note']), ['first'])
    await a.device.signInAgain()
    await settle(a, b)
    const row = await b.row(id)
    assert.deepEqual([row?.['note'], row?.['mood'], (await b.row(made))?.['note']], ['typed', 3, 'made'])
  })
}

/** Makes many entries at once. */
async function fill(phone: Phone, count: number): Promise<void> {
  await phone.database.write(async () => {
    const made = Array.from({ length: count }, (_, index) =>
      phone.database.get('journal_entries').prepareCreate((record) => {
        for (const [name, value] of Object.entries(entry({ note: `entry ${index}`, mood: index % 11 }))) {
          if (name !== 'id') record._setRaw(name, value as string)
        }
      }),
    )
    await phone.database.batch(made)
  })
}

test('F01 10 000 entries: sent by one phone, a first sync of another', async () => {
  const [a, b] = await two()
  await fill(a, 10_000)
  await a.sync()
  const start = Date.now()
  await b.sync()
  console.log(`first sync of 10 000 entries: ${Date.now() - start} ms`)
  assert.equal((await b.rows()).size, 10_000)
  const sent = b.device.net.sent
  await b.sync()
  assert.equal(b.device.net.sent, sent + 1, 'an idle sync is one request')
})

test('F04 the first push of 5 000 entries, its answers lost here and there', async () => {
  const [a] = await phones(1)
  assert.ok(a)
  await a.sync()
  await fill(a, 5000)
  const before = (await a.device.api.pull({ cursor: 0 })).timestamp
  const net = a.device.net
  net.loseAnswer()
  net.loseRequest()
  net.next('POST', (request) => request())
  net.duplicate()
  net.loseAnswer()
  await a.sync()
  const { timestamp } = await a.device.api.pull({ cursor: 0 })
  assert.equal(timestamp - before, 5000, 'every entry was written once')
  await settle(a)
  assert.equal((await a.rows()).size, 5000)
})
