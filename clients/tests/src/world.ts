// The server under test, its patients and their devices.

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync, existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { gzip } from 'node:zlib'
import { promisify } from 'node:util'
import { Api, FIELDS, uuidv7 } from '@pain-journal/sync-core'
import type { ApiOptions, Collection, Create, Row } from '@pain-journal/sync-core'
import { Net } from './net.js'

export interface Account {
  id: string
  email: string
  password: string
}

function setting(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set; these tests are started by \`script/test clients\`.`)
  return value
}

export const baseUrl = setting('BASE_URL')
const accounts = JSON.parse(setting('ACCOUNTS')) as Account[]
let used = 0

const pack = promisify(gzip)

export const wait = (time: number): Promise<void> => new Promise((done) => setTimeout(done, time))

/** The account of a patient. */
export function accountOf(patient: string): Account {
  const account = accounts.find(({ id }) => id === patient)
  assert.ok(account)
  return account
}

/** A device that is signed in, and talks plain HTTP. */
export class Device {
  readonly net = new Net()
  readonly api: Api
  /** Made when the app was installed; kept over sign-ins. */
  readonly installation = uuidv7()
  constructor(
    readonly patient: string,
    public token: string,
    options: Partial<ApiOptions> = {},
  ) {
    this.api = new Api({
      baseUrl,
      token: () => this.token,
      fetch: this.net.fetch,
      backoff: 20,
      timeout: 20_000,
      gzip: async (text) => Uint8Array.from(await pack(text)),
      ...options,
    })
  }

  /** Asks for JSON, past the network's troubles. */
  async get(path: string): Promise<any> {
    const answer = await fetch(`${baseUrl}${path}`, { headers: { authorization: `Bearer ${this.token}` } })
    assert.equal(answer.status, 200, path)
    return answer.json()
  }

  /** Everything the server has of a collection. */
  async all(collection: Collection = 'journal_entries'): Promise<Map<string, Row>> {
    const { changes } = await this.plain().pullAll({ cursor: 0, collections: [collection] })
    return new Map(((changes[collection]?.updated ?? []) as Row[]).map((row) => [row.id, row]))
  }

  /** Ends this device's sign-in: no token of it is good any longer. */
  async signOut(): Promise<void> {
    const headers = { authorization: `Bearer ${this.token}` }
    assert.equal((await fetch(`${baseUrl}/v1/auth/logout`, { method: 'POST', headers })).status, 204)
  }

  async signInAgain(): Promise<void> {
    this.token = await signIn(accountOf(this.patient), this.installation)
  }

  /** The same device on a good network. */
  plain(): Api {
    return new Api({ baseUrl, token: () => this.token })
  }

  /** Every value a field of a record ever had. */
  async values(id: string, field: string): Promise<unknown[]> {
    const { history } = await this.get(`/v1/sync/history/journal_entries/${id}`)
    return history.flatMap((line: any) => (field in line.changes ? [line.changes[field].from, line.changes[field].to] : []))
  }
}

async function signIn(account: Account, installation: string): Promise<string> {
  const answer = await fetch(`${baseUrl}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: account.email, password: account.password, device: { name: 'test device', installation_id: installation } }),
  })
  const body: any = await answer.json()
  assert.equal(answer.status, 200, JSON.stringify(body))
  return body.tokens.access_token
}

/** A fresh patient with so many devices. */
export async function patient(devices: number, options?: Partial<ApiOptions>): Promise<Device[]> {
  const account = accounts[used++]
  if (!account) throw new Error('The harness made too few accounts.')
  const all: Device[] = []
  while (all.length < devices) {
    const device = new Device(account.id, '', options)
    await device.signInAgain()
    all.push(device)
  }
  return all
}

const HOUR = 3_600_000

/** A moment of the last days, and its journal day, which begins at four. */
export const moment = (hoursAgo = 30): number => Math.floor(Date.now() / 1000) * 1000 - hoursAgo * HOUR
export const day = (hoursAgo = 30): string => new Date(moment(hoursAgo + 4)).toISOString().slice(0, 10)

/** A new entry. */
export function entry(values: Partial<Create<'journal_entries'>> = {}): Create<'journal_entries'> {
  return { id: uuidv7(), kind: 'momentary', effective_at: moment(), time_zone: 'UTC', ...values }
}

/** The values of a record without what a device and a server may fill in differently. */
export function content(row: Record<string, unknown> | null | undefined, collection: Collection = 'journal_entries'): unknown {
  if (!row) return null
  const names = FIELDS[collection].filter((name) => !['created_at', 'updated_at'].includes(name))
  return Object.fromEntries(names.map((name) => [name, row[name] ?? null]))
}

/** Waits until an assertion holds. */
export async function eventually(check: () => unknown, time = 15_000): Promise<void> {
  const end = Date.now() + time
  for (;;) {
    try {
      await check()
      return
    } catch (error) {
      if (Date.now() > end) throw error
      await wait(50)
    }
  }
}

/** Runs SQL on the server's database through the harness: what an operator does. */
export async function operator(sql: string): Promise<void> {
  const desk = setting('OPERATOR_DESK')
  const name = uuidv7()
  const done = join(desk, `${name}.done`)
  writeFileSync(join(desk, `${name}.new`), sql)
  renameSync(join(desk, `${name}.new`), join(desk, `${name}.sql`))
  await eventually(() => assert.ok(existsSync(done)))
  assert.equal(readFileSync(done, 'utf8'), '')
  rmSync(done)
}
