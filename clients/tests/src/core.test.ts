// The shared core: ids, retries, and how the wire answers.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Api, dayId, SyncError, uuidv7 } from '@pain-journal/sync-core'
import type { Create, Unanswered } from '@pain-journal/sync-core'
import { baseUrl, entry, patient } from './world.js'

const created = (...rows: Create<'journal_entries'>[]) => ({ journal_entries: { created: rows, updated: [], deleted: [] } })

/** An API whose server answers what the script says. */
function scripted(...answers: [number, Record<string, unknown>, Record<string, string>?][]) {
  const seen: { key: string | null; token: string | null; url: string; body: any }[] = []
  const refusals: boolean[] = []
  const api = new Api({
    baseUrl: 'http://server.test',
    backoff: 1,
    token: (refused) => {
      refusals.push(refused)
      return `t${refusals.length}`
    },
    fetch: async (input, init) => {
      const headers = new Headers(init?.headers)
      const body = init?.body ? JSON.parse(String(init.body)) : null
      seen.push({ key: headers.get('idempotency-key'), token: headers.get('authorization'), url: String(input), body })
      const [status, answer, more] = answers.shift() ?? [500, {}]
      if (status === 0) throw new TypeError('no connection')
      return new Response(JSON.stringify(answer), { status, headers: more ?? {} })
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
  for (const [status, code] of [[409, 'idempotency_key_reused'], [409, 'other_account'], [400, 'invalid_body'], [426, 'schema_version_unsupported']] as const) {
    const { api, seen } = scripted([status, { code }])
    const error = await api.push(created(entry()), 1).then(({ failure }) => failure, (thrown: unknown) => thrown)
    assert.ok(error instanceof SyncError)
    assert.deepEqual([error.status, error.code, seen.length], [status, code, 1])
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
  const page = await device!.api.pull({ cursor: timestamp, account: device!.patient.toUpperCase() })
  assert.deepEqual([page.changes, page.timestamp, page.has_more, page.account], [{}, timestamp, false, device!.patient])
})

test('the wire: a missing server is told from a refusal', async () => {
  const api = new Api({ baseUrl, token: () => 'no token', attempts: 1 })
  await assert.rejects(api.pull({ cursor: 0 }), (error: SyncError) => error.status === 401)
  const nobody = new Api({ baseUrl: 'http://127.0.0.1:9', token: () => '', attempts: 2, backoff: 1 })
  await assert.rejects(nobody.pull({ cursor: 0 }), (error: SyncError) => error.status === 0)
})

test('what is too large is halved down to one record, which is reported; the rest arrives', async () => {
  const rows = Array.from({ length: 8 }, (_, index) => entry({ note: `${index}` }))
  const arrived: string[] = []
  let requests = 0
  const api = new Api({
    baseUrl: 'http://server.test',
    backoff: 1,
    token: () => 't',
    fetch: async (_input, init) => {
      requests++
      const ids = JSON.parse(String(init?.body)).changes.journal_entries.created.map(({ id }: { id: string }) => id)
      if (ids.includes(rows[5]!.id)) return new Response(JSON.stringify({ code: 'body_too_large' }), { status: 413 })
      arrived.push(...ids)
      return new Response(JSON.stringify({ ...fine, accepted: ids.length }), { status: 200 })
    },
  })
  const result = await api.push(created(...rows), 1)
  assert.deepEqual(result.rejected, [{ collection: 'journal_entries', id: rows[5]!.id, code: 'too_large', field: null, faults: [{ code: 'too_large', field: null }] }])
  assert.equal(result.accepted, 7)
  assert.deepEqual(arrived.sort(), rows.filter((_, index) => index !== 5).map(({ id }) => id).sort())
  assert.ok(requests <= 12, `${requests}`)
  // What was learnt is kept: the next large push begins smaller.
  requests = 0
  await api.push(created(...rows.filter((_, index) => index !== 5)), 1)
  assert.equal(requests, 7)
})

test('a part that is refused does not stop the others', async () => {
  const rows = Array.from({ length: 2500 }, () => entry())
  const { api, seen } = scripted([200, fine], [422, { code: 'validation_failed' }], [200, fine])
  const result = await api.push(created(...rows), 1)
  assert.equal(seen.length, 3)
  assert.equal(result.accepted, 2)
  assert.equal((result.failure as SyncError).code, 'validation_failed')
  assert.deepEqual(result.unsent.map(({ id }) => id), rows.slice(1000, 2000).map(({ id }) => id))
})

test('what ends a push altogether is thrown', async () => {
  for (const [status, code] of [[401, 'session_revoked'], [403, 'account_suspended'], [409, 'other_account'], [410, 'resync_required'], [426, 'schema_version_unsupported']] as const) {
    const { api } = scripted([status, { code }], [status, { code }], [200, fine])
    await assert.rejects(api.push(created(entry()), 1), (error: SyncError) => error.status === status && error.code === code)
  }
})

test('every request names the account whose database it is', async () => {
  const page = { changes: {}, timestamp: 5, has_more: false }
  const { api, seen } = scripted([200, page], [200, fine], [200, page])
  await api.pull({ cursor: 1, account: 'a' })
  await api.push(created(entry()), 1, { account: 'a' })
  await api.pull({ cursor: 1 })
  assert.deepEqual(seen.map(({ url }) => new URL(url).searchParams.get('account')), ['a', 'a', null])
})

test('an earlier server, that names neither faults nor accounts, is understood', async () => {
  const rejected = [{ collection: 'journal_entries', id: 'x', code: 'invalid_value', field: 'mood' }]
  const { api } = scripted([200, { ...fine, rejected }])
  const result = await api.push(created(entry()), 1)
  assert.deepEqual(result.rejected, [{ ...rejected[0], faults: [{ code: 'invalid_value', field: 'mood' }] }])
  assert.deepEqual([result.missing_base, result.safety_notice, result.renamed], [{}, null, []])
})

test('the wire: another account is refused, at pull and at push, before anything else', async () => {
  const [[anna], [bert]] = [await patient(1), await patient(1)]
  const refused = (error: SyncError): boolean => error.otherAccount
  await assert.rejects(bert!.api.pull({ cursor: Number.MAX_SAFE_INTEGER, account: anna!.patient }), refused)
  await assert.rejects(bert!.api.push(created(entry()), 0, { account: anna!.patient }), refused)
  assert.equal((await bert!.all()).size, 0)
})

test('a push whose answer is lost is repeated later as it was, under its key; what was accepted before is told', async () => {
  let kept: Unanswered | null = null
  const outbox = { load: async () => kept, save: async (unanswered: Unanswered | null) => void (kept = unanswered) }
  const rows = Array.from({ length: 1500 }, () => entry())
  const lost = Array.from({ length: 5 }, () => [0, {}] as [number, Record<string, unknown>])
  const { api, seen } = scripted([200, fine], ...lost, [200, { ...fine, accepted: 500 }], [200, fine])
  const error = await api.push(created(...rows), 77, { account: 'a', outbox }).catch((thrown: SyncError) => thrown)
  assert.ok(error instanceof SyncError && error.status === 0)
  assert.deepEqual([error.partial?.accepted, error.partial?.unsent.length], [1, 500])
  assert.ok(kept)
  const repeated = await api.repeat(outbox)
  assert.deepEqual([repeated?.result.accepted, repeated?.changes.journal_entries?.created?.length], [500, 500])
  const [before, after] = [seen[1]!, seen[6]!]
  assert.deepEqual([after.key, after.url, after.body], [before.key, before.url, before.body])
  assert.match(after.url, /last_pulled_at=77&/)
  // It stays until what became of it is written down.
  assert.ok(kept)
  await api.push(created(entry()), 78, { outbox })
  assert.equal(kept, null)
  assert.equal(await api.repeat(outbox), null)
})

test('a push that was refused is not kept', async () => {
  for (const [status, code] of [[410, 'resync_required'], [422, 'validation_failed']] as const) {
    let kept: Unanswered | null = null
    const outbox = { load: async () => kept, save: async (unanswered: Unanswered | null) => void (kept = unanswered) }
    const { api } = scripted([status, { code }])
    await api.push(created(entry()), 1, { outbox }).catch(() => undefined)
    assert.equal(kept, null)
  }
})
