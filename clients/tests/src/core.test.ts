// The shared core: ids, retries, and how the wire answers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Api, dayId, SyncError, uuidv7 } from '@pain-journal/sync-core'
import type { Row } from '@pain-journal/sync-core'
import { baseUrl, entry, patient } from './world.js'

const created = (...rows: Row[]) => ({ journal_entries: { created: rows, updated: [], deleted: [] } })

/** An API whose server answers what the script says. */
function scripted(...answers: [number, Record<string, unknown>, Record<string, string>?][]) {
  const seen: { key: string | null; token: string | null }[] = []
  const refusals: boolean[] = []
  const api = new Api({
    baseUrl: 'http://server.test',
    backoff: 1,
    token: (refused) => {
      refusals.push(refused)
      return `t${refusals.length}`
    },
    fetch: async (_input, init) => {
      const headers = new Headers(init?.headers)
      seen.push({ key: headers.get('idempotency-key'), token: headers.get('authorization') })
      const [status, body, more] = answers.shift() ?? [500, {}]
      if (status === 0) throw new TypeError('no connection')
      return new Response(JSON.stringify(body), { status, headers: more ?? {} })
    },
  })
  return { api, seen, refusals }
}

const fine = { timestamp: 5, accepted: 1, unchanged: 0, records: [], rejected: [] }

test('ids: versions, order, and the id of a day', () => {
  assert.equal(dayId('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'x', 'y'), '7911a6f7-312c-53b2-b855-5b27a1fec836')
  assert.throws(() => dayId('me', 'journal_entries', '2026-03-01'))
  assert.match(uuidv7(), /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  assert.ok(uuidv7(1) < uuidv7(2) && uuidv7(2) < uuidv7(300))
})

test('a push is repeated under its own key, whatever came in between', async () => {
  const { api, seen } = scripted(
    [0, {}],
    [503, { code: 'busy' }, { 'retry-after': '0' }],
    [408, { code: 'request_timeout' }],
    [409, { code: 'in_flight' }],
    [200, fine],
  )
  assert.equal((await api.push(created(entry()), 1)).accepted, 1)
  assert.equal(seen.length, 5)
  assert.equal(new Set(seen.map(({ key }) => key)).size, 1)
})

test('what a repeat cannot change is not repeated', async () => {
  for (const [status, code] of [[409, 'idempotency_key_reused'], [400, 'invalid_body'], [426, 'schema_version_unsupported']] as const) {
    const { api, seen } = scripted([status, { code }])
    await assert.rejects(api.push(created(entry()), 1), (error: SyncError) => error.status === status && error.code === code)
    assert.equal(seen.length, 1)
  }
})

test('a refused token is replaced once', async () => {
  const { api, seen, refusals } = scripted([401, { code: 'unauthorized' }], [200, fine])
  await api.push(created(entry()), 1)
  assert.deepEqual(refusals, [false, true])
  assert.deepEqual(seen.map(({ token }) => token), ['Bearer t1', 'Bearer t2'])
  const never = scripted([401, {}], [401, {}])
  await assert.rejects(never.api.pull({ cursor: 0 }), (error: SyncError) => error.status === 401)
})

test('a large push is cut by count and by size', async () => {
  const { api, seen } = scripted([200, fine], [200, fine], [200, fine])
  await api.push(created(...Array.from({ length: 2001 }, () => entry())), 1)
  assert.equal(seen.length, 3)
  assert.equal(new Set(seen.map(({ key }) => key)).size, 3)
  const big = scripted([200, fine], [200, fine])
  await big.api.push(created(...Array.from({ length: 3 }, () => entry({ note: 'x'.repeat(900_000) }))), 1)
  assert.equal(big.seen.length, 2)
})

test('the wire: pages join to the whole, and a tombstone takes its row', async () => {
  const [device] = await patient(1)
  const rows = Array.from({ length: 25 }, (_, index) => entry({ note: `${index}` }))
  const pushed = await device!.api.push(created(...rows), 0)
  assert.deepEqual([pushed.accepted, pushed.rejected], [25, []])
  await device!.api.push({ journal_entries: { created: [], updated: [], deleted: [rows[0]!.id] } }, pushed.timestamp)
  const { changes, timestamp } = await device!.api.pullAll({ cursor: 0, limit: 7, tombstones: true })
  assert.equal(changes.journal_entries?.updated.length, 24)
  assert.deepEqual(changes.journal_entries?.deleted, [rows[0]!.id])
  assert.deepEqual(await device!.api.pull({ cursor: timestamp }), { changes: {}, timestamp, has_more: false })
})

test('the wire: a missing server is told from a refusal', async () => {
  const api = new Api({ baseUrl, token: () => 'no token', attempts: 1 })
  await assert.rejects(api.pull({ cursor: 0 }), (error: SyncError) => error.status === 401)
  const nobody = new Api({ baseUrl: 'http://127.0.0.1:9', token: () => '', attempts: 2, backoff: 1 })
  await assert.rejects(nobody.pull({ cursor: 0 }), (error: SyncError) => error.status === 0)
})
