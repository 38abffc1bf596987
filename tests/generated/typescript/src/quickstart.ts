// The quickstart of the README, step by step, through the generated client.

import { randomUUID } from 'node:crypto'
import { answered, equal, got, tag, type Api, type Stage } from './client.js'

const DAY = 86_400_000

/** Who is signed in, and the share that the demo data has. */
export type People = { ana: Api; lind: Api }

export const PATIENT = { email: 'ana@demo.example', password: 'demo-seven-herons' }
export const PRACTITIONER = { email: 'lind@demo.example', password: 'demo-silver-needle' }

/** Step 2: a token set and a client that uses it. */
export async function signIn({ anybody, signedIn }: Stage, who: typeof PATIENT, name: string) {
  const { status, tokens } = await got(
    anybody.POST('/v1/auth/login', { body: { ...who, device: { name } } }),
  )
  equal(status, 'complete', 'the sign-in')
  if (!tokens) throw new Error('no tokens')
  return { tokens, api: signedIn(() => tokens.access_token) }
}

export async function quickstart(stage: Stage): Promise<People> {
  const ready = await got(stage.anybody.GET('/readyz'))
  equal(ready.status, 'ok', 'readiness')
  const { api: ana } = await signIn(stage, PATIENT, 'generated client')
  const { api: lind } = await signIn(stage, PRACTITIONER, 'generated client')
  equal((await got(ana.GET('/v1/me'))).display_name, 'Ana', 'the account')
  await writing(ana)
  const days = await listing(ana)
  await sharing(ana, lind, days)
  return { ana, lind }
}

/** Steps 3 to 6: create, repeat, change, and the 412 of a phone that has the old version. */
async function writing(ana: Api) {
  const id = randomUUID()
  const entry = {
    kind: 'daily',
    effective_at: new Date().toISOString(),
    time_zone: 'Europe/Berlin',
    pain_average: 4,
    pain_worst: 6,
    note: 'Better after a walk.',
  }
  const put = (header: Record<string, string>, body: typeof entry) =>
    ana.PUT('/v1/journal-entries/{id}', { params: { path: { id }, header }, body })
  const created = await answered(201, put({ 'If-None-Match': '*' }, entry))
  equal(created.data.id, id, 'the id')
  const repeated = await answered(200, put({ 'If-None-Match': '*' }, entry))
  equal(repeated.data.version, created.data.version, 'the version of the repeated request')
  const read = await answered(200, ana.GET('/v1/journal-entries/{id}', { params: { path: { id } } }))
  const held = tag(read.response)
  const same = { params: { path: { id }, header: { 'If-None-Match': held } } }
  await answered(304, ana.GET('/v1/journal-entries/{id}', same))
  const changed = await answered(200, put({ 'If-Match': held }, { ...entry, pain_worst: 7 }))
  equal(changed.data.pain_worst, 7, 'the changed value')
  const { response, error } = await put({ 'If-Match': held }, { ...entry, pain_worst: 8 })
  equal([response.status, error?.code], [412, 'precondition_failed'], 'the old version')
  equal(tag(response), tag(changed.response), 'the present version in the refusal')
}

/** Step 7: some days, newest first, page by page. Answers the half year before the newest entry. */
async function listing(ana: Api) {
  const path = '/v1/journal-entries'
  const yesterday = new Date(Date.now() - DAY).toISOString().slice(0, 10)
  const first = await got(ana.GET(path, { params: { query: { to: yesterday, limit: 2 } } }))
  const cursor = first.next_cursor
  if (!first.has_more || !cursor) throw new Error('the diary has no second page')
  const second = await got(ana.GET(path, { params: { query: { to: yesterday, limit: 2, cursor } } }))
  const days = [...first.data, ...second.data].map((entry) => entry.journal_date)
  equal(days, days.toSorted().toReversed(), 'the order of the days')
  const to = days[0] ?? yesterday
  return { from: new Date(Date.parse(to) - 183 * DAY).toISOString().slice(0, 10), to }
}

/** Steps 8 to 10: share, read the report, freeze it, end the share, and look who has read what. */
async function sharing(ana: Api, lind: Api, days: { from: string; to: string }) {
  await answered(204, ana.POST('/v1/auth/reauthenticate', { body: { password: PATIENT.password } }))
  const terms = {
    label: 'Quickstart',
    sections: ['pain', 'sleep', 'treatment'],
    expires_at: new Date(Date.now() + 30 * DAY).toISOString(),
  }
  const { data: invitation } = await answered(201, ana.POST('/v1/shares', { body: terms }))
  const redeemed = await got(lind.POST('/v1/shares/redeem', { body: { code: invitation.code } }))
  const share = redeemed.share_id
  const own = { params: { path: { id: share } } }
  const confirmed = await got(ana.POST('/v1/shares/{id}/confirm', own))
  equal([confirmed.state, confirmed.practitioner?.email], ['active', PRACTITIONER.email], 'the share')

  const shared = { params: { path: { share_id: share }, query: days } }
  const report = await got(lind.GET('/v1/patients/{share_id}/report', shared))
  equal(report.window, days, 'the window of the report')
  const chart = '/v1/patients/{share_id}/report/chart.svg'
  const picture = await got(lind.GET(chart, { ...shared, parseAs: 'text' }))
  if (!String(picture).includes('<title')) throw new Error('the picture has no title')
  const frozen = await ana.POST('/v1/report/snapshots', { body: days })
  if (!frozen.data) throw new Error(`the report is not frozen: ${JSON.stringify(frozen.error)}`)

  await answered(204, ana.DELETE('/v1/shares/{id}', own))
  await answered(404, lind.GET('/v1/patients/{share_id}/report', shared))
  const log = await got(ana.GET('/v1/me/access-log', { params: { query: { limit: 3 } } }))
  const newest = { params: { path: { id: log.data[0]?.request_id ?? '' } } }
  const proof = await got(ana.GET('/v1/me/access-log/{id}/proof', newest))
  equal(proof.lines.map(({ seal }) => seal), [null], 'a line that is not sealed yet')
  const seen = log.data.map(({ action, outcome }) => [action, outcome])
  const expected = [['report', 'refused'], ['report_chart', 'granted'], ['report', 'granted']]
  equal(seen, expected, 'the access log')
}
