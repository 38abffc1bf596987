// Every operation of accounts and devices, of sync, and of what is the same for everybody.

import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { answered, equal, got, tag, type Api, type Stage } from './client.js'
import { PATIENT, signIn } from './quickstart.js'

/** How long a mail may take. */
const POST = 30_000

/** The six digits of the newest mail to an address. */
async function mailed(outbox: string, address: string, secret = /\b([0-9]{6})\b/): Promise<string> {
  const end = Date.now() + POST
  while (Date.now() < end) {
    for (const name of (existsSync(outbox) ? readdirSync(outbox) : []).toSorted().toReversed()) {
      const mail = readFileSync(join(outbox, name), 'utf8')
      const code = mail.includes(address) && secret.exec(mail.split(/\r?\n\r?\n/).slice(1).join('\n'))
      if (code && code[1]) return code[1]
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`no mail for ${address}`)
}

/** A person registers, signs in on a second device, and ends both. */
export async function account(stage: Stage) {
  const { anybody } = stage
  const who = { email: `${randomUUID()}@example.org`, password: 'four-white-mountains' }
  const terms = { role: 'patient', locale: 'en', time_zone: 'Europe/Berlin', terms_version: '1' }
  const asked = await answered(202, anybody.POST('/v1/auth/register', { body: { ...who, ...terms } }))
  const code = await mailed(stage.outbox, who.email)
  const proof = { verification_id: asked.data.verification_id, code, device: { name: 'phone' } }
  const proved = await got(anybody.POST('/v1/auth/verify-email', { body: proof }))
  if (!proved.tokens) throw new Error('no tokens')
  const { refresh_token } = proved.tokens
  const renewed = await got(anybody.POST('/v1/auth/refresh', { body: { refresh_token } }))
  equal(renewed.device_id, proved.tokens.device_id, 'the device')
  const phone = stage.signedIn(() => renewed.access_token)
  const { tokens } = await signIn(stage, who, 'tablet')
  const devices = await got(phone.GET('/v1/devices'))
  equal(devices.data.length, 2, 'the devices')
  const me = await answered(200, phone.GET('/v1/me'))
  const own = { params: { header: { 'If-Match': tag(me.response) } }, body: { ...me.data, display_name: 'Bea' } }
  equal((await got(phone.PUT('/v1/me', own))).display_name, 'Bea', 'the name')
  await got(phone.GET('/v1/me/security-events', { params: { query: { limit: 5 } } }))
  equal((await got(phone.GET('/v1/me/security-events'))).data, [], 'the security events')
  await answered(204, phone.DELETE('/v1/devices/{id}', { params: { path: { id: tokens.device_id } } }))
  await answered(401, stage.signedIn(() => tokens.access_token).GET('/v1/me'))
  const next = { email: who.email, password: 'five-blue-kettles' }
  const changed = { current_password: who.password, new_password: next.password }
  await answered(204, phone.PUT('/v1/auth/password', { body: changed }))
  await signIn(stage, next, 'tablet')
  await answered(204, phone.POST('/v1/auth/logout'))
  await answered(401, phone.GET('/v1/me'))
  await answered(202, anybody.POST('/v1/auth/password/forgot', { body: { email: who.email } }))
  const token = await mailed(stage.outbox, who.email, /\/reset-password#token=(\S+)/)
  await answered(204, anybody.POST('/v1/auth/password/reset', { body: { token, new_password: who.password } }))
  await signIn(stage, who, 'phone')
}

export async function licence(lind: Api) {
  const terms = { number: '12-345', jurisdiction: 'Bern' }
  equal((await got(lind.PUT('/v1/me/licence', { body: terms }))).number, terms.number, 'the number')
  const held = await got(lind.GET('/v1/me/licence'))
  const moved = await got(lind.PUT('/v1/me/licence', { body: { ...held, jurisdiction: 'Zug' } }))
  equal([moved.number, moved.jurisdiction], [terms.number, 'Zug'], 'the licence that was read, changed and sent back')
}

/** What apps read once and keep. */
export async function reference({ anybody }: Stage) {
  await got(anybody.GET('/healthz'))
  await got(anybody.GET('/.well-known/jwks.json'))
  const list = await answered(200, anybody.GET('/v1/instruments'))
  const kept = { params: { header: { 'If-None-Match': tag(list.response) } } }
  await answered(304, anybody.GET('/v1/instruments', kept))
  for (const { code } of list.data.items) {
    await got(anybody.GET('/v1/instruments/{code}', { params: { path: { code } } }))
  }
  await got(anybody.GET('/v1/body-map'))
  await got(anybody.GET('/v1/body-map/front.svg', { parseAs: 'text' }))
  await got(anybody.GET('/v1/body-map/back.svg', { parseAs: 'text' }))
  await got(anybody.GET('/v1/red-flags'))
}

/** Two devices: one pushes, the other listens and pulls; a record that is refused is kept. */
export async function sync(stage: Stage, ana: Api) {
  const { api: tablet } = await signIn(stage, PATIENT, 'tablet')
  const start = await got(ana.GET('/v1/sync', { params: { query: { limit: 5000 } } }))
  const stream = await answered(200, tablet.GET('/v1/sync/stream', { parseAs: 'stream' }))
  const listening = stream.response.body?.getReader()
  const [id, bad] = [randomUUID(), randomUUID()]
  const row = { kind: 'momentary', effective_at: Date.now(), time_zone: 'Europe/Berlin', pain_now: 4 }
  // A code that the vocabulary does not have.
  const changes = { journal_entries: { created: [{ id, ...row }, { id: bad, ...row, kind: 'weekly' }] } }
  const query = { last_pulled_at: start.timestamp }
  const push = { params: { query, header: { 'Idempotency-Key': randomUUID() } }, body: { changes } }
  const pushed = await got(ana.POST('/v1/sync', push))
  // Ids come back as they were sent, whatever their case.
  const rejected = pushed.rejected.map((one) => one.id.toLowerCase())
  equal([pushed.accepted, rejected], [1, [bad]], 'the push')
  equal((await got(ana.POST('/v1/sync', push))).accepted, 1, 'the repeated push')
  await got(tablet.GET('/v1/sync', { params: { query } }))
  const heard = await listening?.read()
  if (heard?.done !== false) throw new Error('the stream says nothing')
  await listening?.cancel()
  const history = { params: { path: { collection: 'journal_entries', id } } }
  const told = await got(ana.GET('/v1/sync/history/{collection}/{id}', history))
  equal(told.history.length, 1, 'the history')
  const refused = await got(ana.GET('/v1/sync/rejected'))
  const lost = refused.rejected.find(({ record_id }) => record_id.toLowerCase() === bad)
  if (!lost) throw new Error('the refused record is lost')
  await answered(204, ana.DELETE('/v1/sync/rejected/{id}', { params: { path: { id: lost.id } } }))
  const entry = { params: { path: { id } } }
  const held = tag((await ana.GET('/v1/journal-entries/{id}', entry)).response)
  const gone = { params: { path: { id }, header: { 'If-Match': held } } }
  await answered(204, ana.DELETE('/v1/journal-entries/{id}', gone))
}
