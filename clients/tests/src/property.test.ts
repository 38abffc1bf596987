// P01: two phones with WatermelonDB, two tablets with RxDB and a writer of the plain REST API, all of one
// patient, on a bad network. In the end all hold the same, and what was typed last anywhere is in the
// journal or in its history.
//
// OPS sets how many operations a run has, SEEDS (with commas) which runs there are. A seed settles what
// the devices do. When their requests meet is up to the machine, so a failure may need a few tries to be
// seen again.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { dayId, uuidv7 } from '@pain-journal/sync-core'
import { hasUnsyncedChanges } from '@nozbe/watermelondb/sync/index.js'
import { Net, storm } from './net.js'
import { complaints, Phone } from './phone.js'
import { Tablet } from './tablet.js'
import { baseUrl, content, day, entry, eventually, patient, wait } from './world.js'
import type { Device } from './world.js'

const OPS = Number(process.env['OPS'] ?? 300)
const SEEDS = (process.env['SEEDS'] ?? `1,2,${Date.now() % 1_000_000}`).split(',').map(Number)

/** Numbers from 0 to 1 that look random and are the same for the same seed. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What all devices can do. */
interface Hand {
  readonly name: string
  readonly device: Device
  /** The text typed last into each record that was not deleted here since. */
  readonly typed: Map<string, string>
  ids(): Promise<string[]>
  create(id: string, note: string): Promise<boolean>
  edit(id: string, values: Record<string, unknown>): Promise<boolean>
  remove(id: string): Promise<boolean>
  /** What this kind of device does now and then. `kind` is a number from 0 to 1. */
  other(kind: number): Promise<unknown>
}

/** Was there such a record? A sync under way may just have taken it. */
async function found(work: Promise<void>, missing: (error: any) => boolean): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (!missing(error)) throw error
    return false
  }
}

class PhoneHand implements Hand {
  readonly typed = new Map<string, string>()
  readonly device: Device
  constructor(
    readonly name: string,
    readonly phone: Phone,
  ) {
    this.device = phone.device
  }
  async ids(): Promise<string[]> {
    return [...(await this.phone.rows()).keys()]
  }
  async create(id: string, note: string): Promise<boolean> {
    let made = false
    await this.phone.create(entry({ id, note }), 'journal_entries', async () => (made = await this.phone.isFree(id)))
    return made
  }
  edit(id: string, values: Record<string, unknown>): Promise<boolean> {
    return found(this.phone.edit(id, values), (error) => /not found/.test(error.message))
  }
  remove(id: string): Promise<boolean> {
    return found(this.phone.remove(id), (error) => /not found/.test(error.message))
  }
  async other(kind: number): Promise<void> {
    // Killed, perhaps in the middle of a sync, and started again.
    if (kind < 0.1) return this.phone.restart()
    const sync = this.phone.sync().catch(expected)
    if (kind < 0.5) await sync
  }
}

class TabletHand implements Hand {
  readonly typed = new Map<string, string>()
  readonly device: Device
  constructor(
    readonly name: string,
    readonly tablet: Tablet,
  ) {
    this.device = tablet.device
  }
  async ids(): Promise<string[]> {
    return [...(await this.tablet.rows()).keys()]
  }
  create(id: string, note: string): Promise<boolean> {
    const made = this.tablet.create(entry({ id, note })).then(() => undefined)
    return found(made, (error) => error.code === 'CONFLICT')
  }
  edit(id: string, values: Record<string, unknown>): Promise<boolean> {
    return found(this.tablet.edit(id, values), (error) => error.code === 'QU10')
  }
  remove(id: string): Promise<boolean> {
    return found(this.tablet.remove(id), (error) => error.code === 'QU10')
  }
  async other(kind: number): Promise<void> {
    const net = this.device.net
    if (kind < 0.15) net.offline = !net.offline
    else if (kind < 0.2 && !net.offline) await this.tablet.start()
    else this.tablet.poke$.next()
  }
}

/** Writes through the plain REST API, with nothing of its own. */
class RestHand implements Hand {
  readonly name = 'rest'
  readonly typed = new Map<string, string>()
  constructor(readonly device: Device) {}
  private ask(method: string, id: string, condition: Record<string, string>, values?: Record<string, unknown>): Promise<Response> {
    const headers = { authorization: `Bearer ${this.device.token}`, 'content-type': 'application/json', ...condition }
    const body = { kind: 'momentary', effective_at: new Date().toISOString(), time_zone: 'UTC', ...values }
    const url = `${baseUrl}/v1/journal-entries/${id}`
    return fetch(url, { method, headers, ...(values ? { body: JSON.stringify(body) } : {}) })
  }
  /** Was it done? Another device may have been faster. */
  private async done(answer: Promise<Response>): Promise<boolean> {
    const { status } = await answer
    assert.ok([200, 201, 204, 404, 409, 412].includes(status), `${status}`)
    return status < 300
  }
  async ids(): Promise<string[]> {
    return [...(await this.device.all()).keys()]
  }
  create(id: string, note: string): Promise<boolean> {
    return this.done(this.ask('PUT', id, { 'if-none-match': '*' }, { note }))
  }
  async edit(id: string, values: Record<string, unknown>): Promise<boolean> {
    const read = await this.ask('GET', id, {})
    const etag = read.headers.get('etag')
    if (read.status !== 200 || !etag) return false
    const { note, mood } = (await read.json()) as any
    // A PUT replaces the whole record: here, all but the note and the mood.
    const kept = Object.fromEntries(Object.entries({ note, mood }).filter(([, value]) => value != null))
    return this.done(this.ask('PUT', id, { 'if-match': etag }, { ...kept, ...values }))
  }
  remove(id: string): Promise<boolean> {
    return this.done(this.ask('DELETE', id, { 'if-match': '*' }))
  }
  async other(): Promise<void> {}
}

/** What a bad network does to a sync; everything else is a fault. */
function expected(error: any): void {
  const known = error.status === 0 || [429, 503].includes(error.status)
  if (!known) throw error
}

/** One thing that somebody does. */
async function act(hand: Hand, chance: () => number, text: string): Promise<void> {
  const kind = chance() * 100
  if (kind < 30) return void (await hand.other(chance()))
  if (kind < 45) {
    // Now and then the entry of a day, which other devices make as well.
    const id = chance() < 0.4 ? dayId(hand.device.patient, 'journal_entries', day(24 * Math.ceil(chance() * 5))) : uuidv7()
    if (await hand.create(id, text)) hand.typed.set(id, text)
    return
  }
  const ids = (await hand.ids()).sort()
  const id = ids[Math.floor(chance() * ids.length)]
  if (!id) return
  if (kind < 53) {
    const before = hand.typed.get(id)
    // Whoever deletes a record does not ask for its text any more.
    hand.typed.delete(id)
    if (!(await hand.remove(id)) && before !== undefined) hand.typed.set(id, before)
  } else if (kind < 85) {
    if (await hand.edit(id, { note: text })) hand.typed.set(id, text)
  } else {
    await hand.edit(id, { mood: Math.floor(chance() * 11) })
  }
}

async function converges(seed: number): Promise<void> {
  const chance = dice(seed)
  const [first, second, third, fourth, fifth] = await patient(5)
  const phones = [new Phone(first!, 3 * 365 * 86_400_000), new Phone(second!)]
  const tablets = [await Tablet.open(third!), await Tablet.open(fourth!)]
  for (const tablet of tablets) await tablet.start()
  const hands: Hand[] = [
    ...phones.map((phone, index) => new PhoneHand(`phone ${index}`, phone)),
    ...tablets.map((tablet, index) => new TabletHand(`tablet ${index}`, tablet)),
    new RestHand(fifth!),
  ]
  const nets = hands.map(({ device }) => device.net)
  try {
    nets.forEach((net, index) => (net.weather = storm(dice(seed + index))))
    for (let number = 0; number < OPS; number++) {
      const hand = hands[Math.floor(chance() * hands.length)]!
      await act(hand, chance, `${hand.name} #${number}`)
      if (chance() < 0.3) await wait(chance() * 20)
    }
    for (const net of nets) {
      net.weather = undefined
      net.offline = false
    }
    const server = await settle(first!, phones, tablets)
    await judge(hands, server)
    console.log(`seed ${seed}: ${OPS} operations, ${server.size} records stand`)
  } finally {
    for (const tablet of tablets) await tablet.close()
  }
}

type Rows = Awaited<ReturnType<Device['all']>>

/** Syncs until everybody holds what the server holds; answers that. */
async function settle(device: Device, phones: Phone[], tablets: Tablet[]): Promise<Rows> {
  let server: Rows = new Map()
  await eventually(async () => {
    // One after the other, and again: what one sends, another has to fetch.
    for (const each of [...phones, ...tablets]) await each.sync()
    server = await device.all()
    for (const each of [...phones, ...tablets]) {
      const local = await each.rows()
      assert.deepEqual([...local.keys()].sort(), [...server.keys()].sort())
      for (const [id, row] of local) assert.deepEqual(content(row), content(server.get(id)), id)
    }
    for (const { database } of phones) assert.equal(await hasUnsyncedChanges({ database }), false)
  }, 30_000)
  return server
}

async function judge(hands: Hand[], server: Rows): Promise<void> {
  for (const { name, device, typed } of hands) {
    for (const [id, text] of typed) {
      if (server.get(id)?.['note'] === text) continue
      const past = await device.values(id, 'note')
      assert.ok(past.includes(text), `"${text}", typed last on ${name} into ${id}, is gone`)
    }
  }
}

after(() => {
  assert.deepEqual(complaints, [], 'WatermelonDB complained')
  assert.deepEqual(Net.blind, [], 'sent without what had been seen')
})

for (const seed of SEEDS) {
  test(`P01 everybody ends with the same, and nothing typed is gone: seed ${seed}`, () => converges(seed))
}
