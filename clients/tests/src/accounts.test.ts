// Two people on one device, with the real libraries: nothing of one ever gets into the journal of the other,
// and what one has not sent waits for that one.

import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { OtherAccountError, owner, UnboundError, unsent, wipe } from '@pain-journal/watermelondb'
import * as rxdb from '@pain-journal/rxdb'
import type { Collection, Row } from '@pain-journal/sync-core'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { complaints, Phone } from './phone.js'
import { Tablet } from './tablet.js'
import { content, entry, eventually, operator, patient } from './world.js'
import type { Device } from './world.js'

const opened: Tablet[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
  // Where a cursor goes back, WatermelonDB says so.
  assert.deepEqual(complaints.splice(0).filter((words) => !words.includes('previous pulled-at time was greater')), [])
})

async function open(device: Device, ...more: [string?, ReturnType<typeof getRxStorageMemory>?]): Promise<Tablet> {
  const tablet = await Tablet.open(device, ...more)
  opened.push(tablet)
  return tablet
}

/** Anna and Bert. `further` is whose journal has more revisions. */
async function annaAndBert(further: 'anna' | 'bert'): Promise<{ anna: Device; bert: Device }> {
  const [[anna], [bert]] = [await patient(1), await patient(1)]
  assert.ok(anna && bert)
  for (let number = 0; number < 30; number++) {
    const ahead = further === 'anna' ? anna : bert
    const created = [entry({ note: `${further} ${number}` })]
    await ahead.plain().push({ journal_entries: { created } }, 0)
  }
  await bert.plain().push({ journal_entries: { created: [entry({ note: 'bert' })] } }, 0)
  return { anna, bert }
}

/** What a journal holds, to be compared. */
async function journal(device: Device): Promise<unknown[]> {
  const rows = [...(await device.all()).values()].map((row) => content(row))
  return rows.sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))
}

const notes = (rows: Map<string, Row>): unknown[] => [...rows.values()].map((row) => row['note'])

for (const further of ['anna', 'bert'] as const) {
  test(`W01 WatermelonDB, ${further}'s journal is further on: Bert signs in on Anna's database`, async () => {
    const { anna, bert } = await annaAndBert(further)
    const phone = new Phone(anna)
    const sent = await phone.create(entry({ note: 'sent' }))
    await phone.sync()
    await phone.sync()
    await phone.create(entry({ note: 'not sent' }))
    await phone.edit(sent, { mood: 2 })
    const gone = await phone.create(entry({ note: 'never mind' }))
    await phone.remove(gone)
    const [before, theirs, open] = [await phone.rows(), await journal(bert), await unsent(phone.database)]
    phone.device = bert
    for (let attempt = 0; attempt < 3; attempt++) {
      await assert.rejects(phone.sync(), (error: OtherAccountError) => {
        assert.ok(error instanceof OtherAccountError)
        assert.deepEqual([error.owner, error.signedIn, error.unsent], [anna.patient, bert.patient, open])
        return true
      })
    }
    assert.equal(phone.monitor.snapshot().state.phase, 'other_account')
    assert.deepEqual(await phone.rows(), before, 'nothing came in')
    assert.deepEqual(await journal(bert), theirs, 'nothing went out')
    // Over a restart of the app, too.
    await phone.restart()
    await assert.rejects(phone.sync(), OtherAccountError)
    phone.device = anna
    await phone.sync()
    assert.equal(await unsent(phone.database), 0)
    assert.ok(notes(await anna.all()).includes('not sent'))
  })

  test(`W02 WatermelonDB, ${further}'s journal is further on: wiped, the database is Bert's`, async () => {
    const { anna, bert } = await annaAndBert(further)
    const phone = new Phone(anna)
    await phone.create(entry({ note: 'sent' }))
    await phone.sync()
    await phone.create(entry({ note: 'given up' }))
    const hers = await journal(anna)
    phone.device = bert
    await assert.rejects(phone.sync(), OtherAccountError)
    await wipe(phone.database)
    assert.equal(await owner(phone.database), null)
    await phone.create(entry({ note: 'first of bert here' }))
    await phone.sync()
    assert.equal(await owner(phone.database), bert.patient)
    assert.deepEqual([...(await phone.rows()).keys()].sort(), [...(await bert.all()).keys()].sort())
    assert.deepEqual(await journal(anna), hers)
    phone.device = anna
    await assert.rejects(phone.sync(), OtherAccountError)
  })

  test(`W03 WatermelonDB, ${further}'s journal is further on: Bert signs in between pull and push`, async () => {
    const { anna, bert } = await annaAndBert(further)
    const phone = new Phone(anna)
    await phone.sync()
    await phone.create(entry({ note: 'of anna' }))
    const theirs = await journal(bert)
    const token = anna.token
    anna.net.beforeArrival('GET', async () => (anna.token = bert.token))
    await assert.rejects(phone.sync(), OtherAccountError)
    assert.deepEqual(await journal(bert), theirs)
    anna.token = token
    await phone.sync()
    assert.ok(notes(await anna.all()).includes('of anna'))
  })

  test(`X01 RxDB, ${further}'s journal is further on: Bert signs in on Anna's database`, async () => {
    const { anna, bert } = await annaAndBert(further)
    const tablet = await (await open(anna)).start()
    const sent = await tablet.create(entry({ note: 'sent' }))
    await eventually(async () => assert.ok((await anna.all()).has(sent)))
    await tablet.sync()
    await tablet.replication?.cancel()
    await tablet.create(entry({ note: 'not sent' }))
    await tablet.edit(sent, { mood: 2 })
    const [before, theirs] = [await tablet.rows(), await journal(bert)]
    const error = await tablet.refused(bert)
    assert.ok(error instanceof OtherAccountError)
    assert.deepEqual([error.owner, error.signedIn, error.unsent], [anna.patient, bert.patient, 2])
    await assert.rejects(rxdb.Journal.start({ database: tablet.database, api: bert.api }), OtherAccountError)
    assert.deepEqual(await tablet.rows(), before, 'nothing came in')
    assert.deepEqual(await journal(bert), theirs, 'nothing went out')
    tablet.device = anna
    await tablet.start()
    await eventually(async () => assert.ok(notes(await anna.all()).includes('not sent')))
    await tablet.sync()
    assert.equal(await rxdb.unsent(tablet.database, anna.api), 0)
  })

  test(`X02 RxDB, ${further}'s journal is further on: wiped, the database is Bert's`, async () => {
    const { anna, bert } = await annaAndBert(further)
    const [name, memory] = [`shared${further}`, getRxStorageMemory()]
    const tablet = await (await open(anna, name, memory)).start()
    await tablet.create(entry({ note: 'sent' }))
    await tablet.sync()
    await tablet.replication?.cancel()
    await tablet.create(entry({ note: 'given up' }))
    assert.ok((await tablet.refused(bert)) instanceof OtherAccountError)
    const hers = await journal(anna)
    await rxdb.wipe(tablet.database)
    const again = await open(bert, name, memory)
    assert.equal(await rxdb.owner(again.database), null)
    await again.start()
    assert.equal(await rxdb.owner(again.database), bert.patient)
    await eventually(async () => assert.deepEqual([...(await again.rows()).keys()].sort(), [...(await bert.all()).keys()].sort()))
    assert.deepEqual(await journal(anna), hers)
  })

  test(`X03 RxDB, ${further}'s journal is further on: Bert signs in while it replicates`, async () => {
    const { anna, bert } = await annaAndBert(further)
    const tablet = await (await open(anna)).start()
    const theirs = await journal(bert)
    anna.token = bert.token
    await tablet.create(entry({ note: 'of anna' }))
    await eventually(() => assert.equal(tablet.others.length > 0, true))
    assert.ok(tablet.others[0] instanceof OtherAccountError)
    assert.equal(tablet.monitor.snapshot().state.phase, 'other_account')
    assert.deepEqual(await journal(bert), theirs)
    await anna.signInAgain()
    await tablet.start()
    await eventually(async () => assert.ok(notes(await anna.all()).includes('of anna')))
  })
}

/** A database of before databases had owners. */
const forget = (phone: Phone): Promise<void> => phone.database.localStorage.remove('pain_journal_sync')

test('W04 an old database without an owner is bound only where the server knows its records', async () => {
  const { anna, bert } = await annaAndBert('anna')
  const phone = new Phone(anna)
  await phone.create(entry({ note: 'sent' }))
  const gone = await phone.create(entry({ note: 'sent and deleted' }))
  await phone.sync()
  await phone.remove(gone)
  await phone.create(entry({ note: 'not sent' }))
  await forget(phone)
  const [before, theirs] = [await phone.rows(), await journal(bert)]
  phone.device = bert
  await assert.rejects(phone.sync(), (error: UnboundError) => {
    assert.ok(error instanceof UnboundError)
    assert.deepEqual([error.signedIn, error.unknown, error.unsent], [bert.patient, before.size - 1, 2])
    return true
  })
  assert.equal(await owner(phone.database), null)
  assert.deepEqual(await phone.rows(), before)
  assert.deepEqual(await journal(bert), theirs)
  phone.device = anna
  await phone.sync()
  assert.equal(await owner(phone.database), anna.patient)
  assert.ok(notes(await anna.all()).includes('not sent'))
  // Whoever knows better may say so.
  await forget(phone)
  phone.device = bert
  await phone.sync({ adopt: true })
  assert.equal(await owner(phone.database), bert.patient)
})

test('W05 what was typed before the first sign-in goes to whoever signs in first', async () => {
  const { bert } = await annaAndBert('anna')
  const phone = new Phone(bert)
  await phone.create(entry({ note: 'before the sign-in' }))
  await phone.remove(await phone.create(entry({ note: 'thought better of' })))
  await phone.sync()
  assert.ok(notes(await bert.all()).includes('before the sign-in'))
  assert.equal(await owner(phone.database), bert.patient)
})

test('W07 an old database that holds nothing but deletes is bound where one of them is known', async () => {
  const { anna, bert } = await annaAndBert('anna')
  const phone = new Phone(bert)
  await phone.create(entry({ note: 'sent' }))
  await phone.sync()
  for (const id of (await phone.rows()).keys()) await phone.remove(id)
  await phone.remove(await phone.create(entry({ note: 'never sent' })))
  await forget(phone)
  phone.device = anna
  await assert.rejects(phone.sync(), UnboundError)
  phone.device = bert
  await phone.sync()
  assert.equal((await bert.all()).size, 0)
})

test('X04 an old RxDB without an owner is bound only where the server knows its documents', async () => {
  const { anna, bert } = await annaAndBert('anna')
  const tablet = await (await open(anna)).start()
  await tablet.create(entry({ note: 'sent' }))
  await tablet.sync()
  await tablet.replication?.cancel()
  await tablet.create(entry({ note: 'not sent' }))
  await forgetOwner(tablet)
  const [before, theirs] = [await tablet.rows(), await journal(bert)]
  const error = await tablet.refused(bert)
  assert.ok(error instanceof UnboundError)
  assert.deepEqual([error.signedIn, error.unknown, error.unsent], [bert.patient, before.size - 1, 1])
  assert.deepEqual(await tablet.rows(), before)
  assert.deepEqual(await journal(bert), theirs)
  tablet.device = anna
  await tablet.start()
  assert.equal(await rxdb.owner(tablet.database), anna.patient)
  await eventually(async () => assert.ok(notes(await anna.all()).includes('not sent')))
})

async function forgetOwner({ database }: Tablet): Promise<void> {
  const [kept] = await database.internalStore.findDocumentsById(['OTHER|pain-journal-owner'], false)
  assert.ok(kept)
  await database.internalStore.bulkWrite([{ previous: kept, document: { ...kept, _deleted: true, _rev: '9-x' } }], 'test')
}

/** The newest revisions are gone, and nobody has started a new epoch. */
async function behind(device: Device, ...ids: string[]): Promise<void> {
  const lost = ids.map((id) => `DELETE FROM pj.journal_entries WHERE id = '${id}'; DELETE FROM pj.record_history WHERE record_id = '${id}';`)
  await operator(`${lost.join(' ')} UPDATE pj.patients SET rev = rev - 1 WHERE patient_id = '${device.patient}';`)
}

test('W06 WatermelonDB: a cursor ahead of the server offers nothing back, and takes nothing away', async () => {
  const { anna } = await annaAndBert('anna')
  const phone = new Phone(anna)
  const lost = await phone.create(entry({ note: 'only here' }))
  await phone.sync()
  await phone.sync()
  await behind(anna, lost)
  const typed = await phone.create(entry({ note: 'typed' }))
  await phone.sync()
  assert.deepEqual([(await phone.row(lost))?._status, (await phone.row(typed))?._status], ['synced', 'synced'])
  assert.equal((await anna.all()).has(lost), false, 'not offered')
  assert.ok((await anna.all()).has(typed))
})

test('X06 RxDB: a cursor ahead of the server offers nothing back, and takes nothing away', async () => {
  const { anna } = await annaAndBert('anna')
  const tablet = await (await open(anna)).start()
  const lost = await tablet.create(entry({ note: 'only here' }))
  await eventually(async () => assert.ok((await anna.all()).has(lost)))
  await tablet.sync()
  await behind(anna, lost)
  const typed = await tablet.create(entry({ note: 'typed' }))
  await tablet.sync()
  await eventually(async () => assert.ok((await anna.all()).has(typed)))
  await tablet.sync()
  assert.equal((await tablet.row(lost))?.['note'], 'only here')
  assert.equal((await anna.all()).has(lost), false, 'not offered')
})

test('the hints for a database end when another account is signed in', async () => {
  const { anna, bert } = await annaAndBert('bert')
  let told = 0
  const stop = bert.api.watch(() => told++, { account: anna.patient })
  await eventually(() => assert.ok(bert.net.asked.some((url) => url.includes('/v1/sync/stream'))))
  const asked = bert.net.asked.length
  await bert.plain().push({ journal_entries: { created: [entry()] } }, 0)
  await new Promise((done) => setTimeout(done, 500))
  stop()
  assert.deepEqual([told, bert.net.asked.length - asked], [0, 0])
})

test('one journal with all collections replicates, and tells what it does', async () => {
  const { anna } = await annaAndBert('anna')
  const { createRxDatabase } = await import('rxdb/plugins/core')
  const database = await createRxDatabase({ name: 'all', storage: getRxStorageMemory(), multiInstance: false })
  await database.addCollections(rxdb.syncedCollections as never)
  const monitor = new rxdb.Monitor()
  const replicating = await rxdb.Journal.start({ database, api: anna.api, monitor })
  await replicating.sync()
  assert.equal(replicating.replications.size, Object.keys(rxdb.FIELDS).length)
  const entries = database.collections['journal_entries']!
  assert.equal(await entries.count().exec(), (await anna.all()).size)
  const id = rxdb.uuidv7()
  await database.collections['goals']!.insert({ id, journal_date: '2026-03-01', kind: 'activity', text: 'Walk', status: 'open' })
  await eventually(async () => assert.ok((await anna.all('goals' as Collection)).has(id)))
  await eventually(() => assert.equal(monitor.snapshot().state.phase, 'idle'))
  assert.ok(monitor.snapshot().state.syncedAt)
  await replicating.stop()
  await database.close()
})
