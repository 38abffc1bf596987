// What app developers build on: the session, the scheduler, the hooks, and hints without a streaming `fetch`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createElement } from 'react'
import { act, create } from 'react-test-renderer'
import { useConflicts, useQuarantine, useRejected, useSafetyNotice, useSyncState } from '@pain-journal/react'
import type { Quarantine } from '@pain-journal/react'
import { Api, items, listText, Monitor, Scheduler, Session, SyncError } from '@pain-journal/sync-core'
import type { Environment, LostValue, PainSite, RejectedRecord, SafetyNotice, SessionStorage, StoredSession, SyncState } from '@pain-journal/sync-core'
import { Net } from './net.js'
import { accountOf, baseUrl, entry, eventually, patient, wait } from './world.js'

/** The key store of a phone. */
class Store implements SessionStorage {
  kept: StoredSession | null = null
  async load(): Promise<StoredSession | null> {
    await wait(1)
    return this.kept && { ...this.kept }
  }
  async save(session: StoredSession | null): Promise<void> {
    await wait(1)
    this.kept = session && { ...session }
  }
}

async function signedIn(now: () => number = Date.now) {
  const [device] = await patient(1)
  const { email, password, id } = accountOf(device!.patient)
  const [net, store] = [new Net(), new Store()]
  const installation_id = Session.installationId()
  const options = { baseUrl, storage: store, device: { name: 'phone', installation_id }, fetch: net.fetch, now }
  const session = new Session(options)
  assert.equal(await session.signIn(email, password), id)
  return { session, net, store, id, email, password, options, device: device! }
}

const refreshes = (net: Net): number => net.asked.filter((url) => url.endsWith('/v1/auth/refresh')).length

test('a session signs in, is there after a restart, and signs out', async () => {
  const { session, net, store, id, email, password, options } = await signedIn()
  const api = new Api({ baseUrl, token: session.token, fetch: net.fetch })
  assert.equal(await api.account(), id)
  const again = new Session(options)
  assert.deepEqual([await again.account(), await again.token()], [id, await session.token()])
  const device = (): string | undefined => store.kept?.device
  const before = device()
  assert.equal(await session.signOut(), true)
  assert.equal(store.kept, null)
  assert.equal(await session.account(), null)
  await assert.rejects(session.token(), (error: SyncError) => error.signedOut)
  await session.signIn(email, password)
  assert.equal(device(), before, 'the same installation is the same device')
})

test('a wrong password is told, and keeps nothing', async () => {
  const { session, email } = await signedIn()
  await session.signOut()
  await assert.rejects(session.signIn(email, 'not the password'), { status: 401, code: 'invalid_credentials' })
  assert.equal(await session.account(), null)
})

test('an access token that is about to end is renewed once, however many ask', async () => {
  let later = 0
  const { session, net, store } = await signedIn(() => Date.now() + later)
  const first = await session.token()
  later = 590_000
  const tokens = await Promise.all(Array.from({ length: 8 }, () => session.token()))
  assert.equal(new Set(tokens).size, 1)
  assert.equal(tokens[0], store.kept?.accessToken)
  assert.equal(refreshes(net), 1)
  // Requests that were sent with the old token are refused one after the other.
  later = 0
  await Promise.all(Array.from({ length: 8 }, () => session.token(true)))
  assert.ok(refreshes(net) <= 2)
  assert.ok(first)
})

test('a refresh whose answer is lost is asked again with the same token', async () => {
  const { session, net, store } = await signedIn()
  const before = store.kept?.refreshToken
  net.loseAnswer('POST')
  await assert.rejects(session.token(true), (error: SyncError) => error.status === 0)
  assert.equal(store.kept?.refreshToken, before, 'still signed in')
  const token = await session.token(true)
  assert.notEqual(store.kept?.refreshToken, before)
  assert.equal(await new Api({ baseUrl, token: () => token }).account(), await session.account())
})

test('a device that was signed out elsewhere is told so, once, and forgets its tokens', async () => {
  const { session, store, device, options } = await signedIn()
  let told = 0
  const mine = new Session({ ...options, onSignedOut: () => told++ })
  const gone = await fetch(`${baseUrl}/v1/devices/${store.kept?.device}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${device.token}` },
  })
  assert.equal(gone.status, 204)
  await assert.rejects(new Api({ baseUrl, token: mine.token }).pull({ cursor: 0 }), (error: SyncError) => error.signedOut)
  assert.deepEqual([told, store.kept], [1, null])
  assert.ok(session)
})

test('without a network a device signs out all the same', async () => {
  const { session, net, store } = await signedIn()
  net.offline = true
  assert.equal(await session.signOut(), false)
  assert.equal(store.kept, null)
})

test('signing out while a refresh is on its way stays signed out', async () => {
  const { session, net, store } = await signedIn()
  net.beforeArrival('POST', () => session.signOut())
  await assert.rejects(session.token(true))
  assert.equal(store.kept, null)
})

/** Everything that does not wait for a clock is done. */
const settled = (): Promise<void> => new Promise((done) => setImmediate(done))

/** Time that only goes by when a test says so, and a phone that is in a pocket. */
class Clock implements Environment {
  time = 0
  online = true
  focus: () => void = () => undefined
  network: () => void = () => undefined
  private readonly timers = new Map<number, { at: number; work: () => void }>()
  private next = 1
  now(): number {
    return this.time
  }
  setTimeout(work: () => void, time: number): number {
    this.timers.set(this.next, { at: this.time + time, work })
    return this.next++
  }
  clearTimeout(timer: number): void {
    this.timers.delete(timer)
  }
  onFocus(told: () => void): () => void {
    this.focus = told
    return () => (this.focus = () => undefined)
  }
  onOnline(told: () => void): () => void {
    this.network = told
    return () => (this.network = () => undefined)
  }
  isOnline(): boolean {
    return this.online
  }
  async pass(time: number): Promise<void> {
    const end = this.time + time
    await settled()
    for (;;) {
      const due = [...this.timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0]
      if (!due) break
      this.timers.delete(due[0])
      this.time = due[1].at
      due[1].work()
      await settled()
    }
    this.time = end
  }
}

function scheduled(more: { sync?: () => Promise<void> } = {}) {
  const clock = new Clock()
  const times: number[] = []
  const errors: unknown[] = []
  const scheduler = new Scheduler({
    sync: async () => {
      times.push(clock.time)
      await more.sync?.()
    },
    environment: clock,
    debounce: 100,
    longest: 1000,
    interval: 60_000,
    retry: 500,
    onError: (error) => errors.push(error),
  })
  return { clock, times, errors, scheduler }
}

test('the scheduler syncs at the start, on focus, with the network, and now and then', async () => {
  const { clock, times, scheduler } = scheduled()
  await clock.pass(50)
  assert.deepEqual(times, [])
  scheduler.start()
  scheduler.start()
  await clock.pass(1000)
  clock.focus()
  await clock.pass(1000)
  clock.network()
  await clock.pass(1000)
  assert.deepEqual(times, [50, 1050, 2050])
  await clock.pass(120_000)
  assert.deepEqual(times.slice(3), [62_050, 122_050])
  scheduler.stop()
  clock.focus()
  scheduler.changed()
  await clock.pass(600_000)
  assert.equal(times.length, 5)
})

test('the scheduler waits for the end of a burst of changes, but not for ever', async () => {
  const { clock, times, scheduler } = scheduled()
  scheduler.start()
  await clock.pass(1000)
  for (let change = 0; change < 5; change++) {
    scheduler.changed()
    await clock.pass(50)
  }
  await clock.pass(1000)
  assert.deepEqual(times, [0, 1300])
  for (let change = 0; change < 60; change++) {
    scheduler.changed()
    await clock.pass(50)
  }
  assert.equal(times[2], 2250 + 1000)
})

test('the scheduler tries again later and later, and never twice at once', async () => {
  let [fails, running, most] = [3, 0, 0]
  let finish = (): void => undefined
  const { clock, times, errors, scheduler } = scheduled({
    sync: async () => {
      most = Math.max(most, ++running)
      try {
        if (fails-- > 0) throw new Error('no network')
        await new Promise<void>((done) => (finish = done))
      } finally {
        running--
      }
    },
  })
  scheduler.start()
  await clock.pass(3600)
  assert.deepEqual(times, [0, 500, 1500, 3500])
  assert.equal(errors.length, 3)
  // The fourth is under way: whatever happens meanwhile is one sync, after it.
  clock.focus()
  scheduler.changed()
  clock.network()
  await clock.pass(1000)
  assert.equal(times.length, 4)
  finish()
  await clock.pass(1)
  assert.deepEqual(times.slice(4), [4600])
  assert.equal(most, 1)
})

test('the scheduler does nothing without a network', async () => {
  const { clock, times, scheduler } = scheduled()
  clock.online = false
  scheduler.start()
  scheduler.changed()
  await clock.pass(10_000)
  assert.deepEqual(times, [])
  clock.online = true
  clock.network()
  await clock.pass(1)
  assert.deepEqual(times, [10_000])
})

test('without a fetch that streams, hints come by the clock', async () => {
  const [device] = await patient(1)
  for (const options of [{ streaming: false }, { fetch: (async () => ({ ok: true, status: 200, body: null })) as unknown as typeof fetch, streaming: true }]) {
    let told = 0
    const stop = new Api({ baseUrl, token: () => device!.token, ...options }).watch(() => told++, { poll: 20 })
    await eventually(() => assert.ok(told >= 3))
    stop()
    await wait(50)
    const so = told
    await wait(100)
    assert.equal(told, so)
  }
})

;(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true

test('the hooks show what the sync tells, and only then again', async () => {
  const monitor = new Monitor(() => 77)
  const shown: { state: SyncState; conflicts: readonly LostValue[]; rejected: readonly RejectedRecord[]; notice: SafetyNotice | null }[] = []
  let dismiss: (conflict: LostValue) => void = () => undefined
  let seen = (): void => undefined
  function Screen(): null {
    const conflicts = useConflicts(monitor)
    const notice = useSafetyNotice(monitor)
    dismiss = conflicts.dismiss
    seen = notice.dismiss
    shown.push({ state: useSyncState(monitor), conflicts: conflicts.conflicts, rejected: useRejected(monitor), notice: notice.notice })
    return null
  }
  const last = () => shown.at(-1)!
  let screen: ReturnType<typeof create> | undefined
  await act(async () => void (screen = create(createElement(Screen))))
  assert.deepEqual(last(), { state: { phase: 'idle', syncedAt: null, error: null }, conflicts: [], rejected: [], notice: null })
  await act(async () => monitor.started())
  assert.equal(last().state.phase, 'syncing')
  const place = { collection: 'journal_entries', id: 'a' } as const
  const fault = { code: 'invalid_value', field: 'mood' }
  const notice = { code: 'seek_care_now', language: 'en', title: 'x', text: 'y' }
  await act(async () => {
    monitor.pushed([place], {
      records: [{ ...place, id: 'b', result: 'conflict', timestamp: 1, record: null, conflicts: { note: { applied: 'mine', overwritten: 'theirs', device_id: 'd', edited_at: 5 } } }],
      rejected: [{ ...place, ...fault, faults: [fault] }],
      safety_notice: notice,
    })
    monitor.finished()
  })
  assert.deepEqual(last().state, { phase: 'idle', syncedAt: 77, error: null })
  assert.deepEqual(last().conflicts.map(({ id, field, stands, lost }) => [id, field, stands, lost]), [['b', 'note', 'mine', 'theirs']])
  assert.deepEqual(last().rejected.map(({ id }) => id), ['a'])
  assert.deepEqual(last().notice, notice)
  await act(async () => {
    dismiss(last().conflicts[0]!)
    seen()
    monitor.pushed([place], { records: [], rejected: [], safety_notice: null })
  })
  assert.deepEqual([last().conflicts, last().rejected, last().notice], [[], [], null])
  const times = shown.length
  await act(async () => monitor.pushed([], { records: [], rejected: [], safety_notice: null }))
  assert.equal(shown.length, times, 'nothing changed')
  await act(async () => monitor.failed(new SyncError('', 0, '', {})))
  assert.equal(last().state.phase, 'offline')
  assert.equal(last().state.syncedAt, 77)
  await act(async () => screen?.unmount())
  const unmounted = shown.length
  monitor.started()
  assert.equal(shown.length, unmounted)
})

test('the quarantine is shown page by page, and what is dismissed is gone', async () => {
  const [device] = await patient(1)
  const rows = Array.from({ length: 5 }, (_, index) => entry({ mood: 11 + index, note: `bad ${index}` }))
  assert.equal((await device!.api.push({ journal_entries: { created: rows } }, 0)).rejected.length, 5)
  let now: Quarantine | undefined
  function Screen(): null {
    now = useQuarantine(device!.api, 2)
    return null
  }
  let screen: ReturnType<typeof create> | undefined
  await act(async () => void (screen = create(createElement(Screen))))
  const loaded = async (count: number): Promise<void> => {
    await eventually(async () => {
      // React shows what has come when this ends.
      await act(() => wait(20))
      assert.deepEqual([now?.loading, now?.records.length], [false, count])
    })
  }
  await loaded(2)
  assert.equal(now?.more, true)
  await act(async () => now?.loadMore())
  await loaded(4)
  await act(async () => now?.loadMore())
  await loaded(5)
  assert.equal(now?.more, false)
  assert.deepEqual(new Set(now?.records.map(({ record_id }) => record_id)), new Set(rows.map(({ id }) => id)))
  await act(async () => now?.dismiss(now.records[0]!.id))
  assert.equal(now?.records.length, 4)
  await act(async () => now?.reload())
  await loaded(2)
  const left: string[] = []
  for await (const record of device!.api.rejected(3)) left.push(record.record_id)
  assert.equal(left.length, 4)
  await device!.api.dismiss(now!.records[0]!.id)
  await device!.api.dismiss(now!.records[0]!.id)
  await act(async () => screen?.unmount())
})

test('the history of a record names every value', async () => {
  const [device] = await patient(1)
  const row = entry({ note: 'one', sites: listText<PainSite>([{ region: 'low_back', intensity: 5 }]) })
  const { timestamp } = await device!.api.push({ journal_entries: { created: [row] } }, 0)
  await device!.api.push({ journal_entries: { updated: [{ id: row.id, note: 'two', _changed: 'note', _seen: timestamp }] } }, timestamp)
  const history = await device!.api.history('journal_entries', row.id)
  assert.deepEqual(history.map(({ op, changes }) => [op, changes['note']?.to]), [['create', 'one'], ['update', 'two']])
  const [page] = [await device!.api.pull({ cursor: 0 })]
  const sites = items(page.changes.journal_entries?.updated[0]?.sites)
  assert.deepEqual(sites.map(({ region, intensity }) => [region, intensity]), [['low_back', 5]])
})
