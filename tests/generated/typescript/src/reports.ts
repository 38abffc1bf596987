// Every operation of reports and shares, from both sides.

import { answered, equal, got, tag, type Api } from './client.js'
import { PATIENT } from './quickstart.js'

const DAY = 86_400_000
const FILE = { parseAs: 'arrayBuffer' } as const
const TEXT = { parseAs: 'text' } as const

/** How long a long report may take to be made. */
const MAKING = 60_000

/** A share that opens every section and lets the practitioner record. */
export async function openShare(ana: Api, lind: Api): Promise<string> {
  await answered(204, ana.POST('/v1/auth/reauthenticate', { body: { password: PATIENT.password } }))
  const section = (await got(ana.GET('/v1/vocabularies'))).items.find(({ name }) => name === 'section')
  const terms = {
    label: 'Everything',
    sections: section?.values.map(({ code }) => code) ?? [],
    may_record: true,
    expires_at: new Date(Date.now() + 30 * DAY).toISOString(),
  }
  const { data: invitation } = await answered(201, ana.POST('/v1/shares', { body: terms }))
  const { share_id: id } = await got(lind.POST('/v1/shares/redeem', { body: { code: invitation.code } }))
  const at = { params: { path: { id } } }
  const confirmed = await answered(200, ana.POST('/v1/shares/{id}/confirm', at))
  const shown = await answered(200, ana.GET('/v1/shares/{id}', at))
  equal(tag(shown.response), tag(confirmed.response), 'the tag of the share')
  const again = { params: { path: at.params.path, header: { 'If-None-Match': tag(shown.response) } } }
  await answered(304, ana.GET('/v1/shares/{id}', again))
  const change = { params: { path: at.params.path, header: { 'If-Match': tag(shown.response) } } }
  const changed = await got(ana.PUT('/v1/shares/{id}', { ...change, body: { ...shown.data, label: 'All of it' } }))
  equal(changed.label, 'All of it', 'the label')
  const named = await got(lind.PUT('/v1/shares/{id}/reference', { ...at, body: { reference: 'A-1041' } }))
  equal(named.reference, 'A-1041', 'the reference')
  const shares = await got(lind.GET('/v1/shares'))
  if (!shares.data.some((share) => share.id === id)) throw new Error('the share is not in the list')
  const patients = await got(lind.GET('/v1/patients'))
  if (!patients.data.some((share) => share.id === id)) throw new Error('nor among the patients')
  return id
}

export async function endShare(lind: Api, id: string) {
  await answered(204, lind.DELETE('/v1/shares/{id}', { params: { path: { id } } }))
}

/** Waits for a long report, as its document says, and answers the frozen report. */
async function made(api: Api, job: string): Promise<string> {
  const end = Date.now() + MAKING
  for (;;) {
    const { data, response } = await answered(200, api.GET('/v1/report-jobs/{id}', { params: { path: { id: job } } }))
    if (data.snapshot_id) return data.snapshot_id
    if (data.problem || Date.now() > end) throw new Error(`the report was not made: ${JSON.stringify(data)}`)
    await new Promise((resolve) => setTimeout(resolve, 1000 * Number(response.headers.get('retry-after') ?? 1)))
  }
}

export async function ownReport(api: Api) {
  const query = { from: '2025-06-01', to: '2025-08-31' }
  const at = { params: { query } }
  const report = await answered(200, api.GET('/v1/report', at))
  const same = { params: { query, header: { 'If-None-Match': tag(report.response) } } }
  await answered(304, api.GET('/v1/report', same))
  await got(api.GET('/v1/report', {}))
  await got(api.GET('/v1/report/chart.svg', { ...at, ...TEXT }))
  await got(api.GET('/v1/report/page.html', { ...at, ...TEXT }))
  await got(api.GET('/v1/report/summary.html', { ...at, ...TEXT }))
  await got(api.GET('/v1/report/document.pdf', { ...at, ...FILE }))
  await got(api.GET('/v1/report/days.csv', { ...at, ...TEXT }))
  await api.POST('/v1/report/snapshots', { body: query })
  await answered(200, api.POST('/v1/report/snapshots', { body: query }))
  const long = { from: '2023-01-01', to: '2025-12-31' }
  const { response, data } = await api.POST('/v1/report/snapshots', { body: long })
  const job = data && 'status' in data ? data.id : undefined
  equal(response.status, job ? 202 : 200, 'the long report')
  const id = job ? await made(api, job) : (data as { id: string }).id
  await got(api.GET('/v1/report/snapshots', { params: { query: { limit: 1 } } }))
  const frozen = { params: { path: { id } } }
  await got(api.GET('/v1/report/snapshots/{id}', frozen))
  await got(api.GET('/v1/report/snapshots/{id}/report', frozen))
  await got(api.GET('/v1/report/snapshots/{id}/page.html', { ...frozen, ...TEXT }))
  await got(api.GET('/v1/report/snapshots/{id}/summary.html', { ...frozen, ...TEXT }))
  await got(api.GET('/v1/report/snapshots/{id}/document.pdf', { ...frozen, ...FILE }))
  await got(api.GET('/v1/report/snapshots/{id}/days.csv', { ...frozen, ...TEXT }))
}

/** What the practitioner holds: seen, read and withdrawn by the patient. */
export async function heldReport(ana: Api, id: string) {
  const one = { params: { path: { id } } }
  const { data } = await answered(200, ana.GET('/v1/held-reports', { params: { query: { limit: 1 } } }))
  equal(data.data[0]?.id, id, 'the newest report that another holds')
  await got(ana.GET('/v1/held-reports/{id}/report', one))
  await got(ana.GET('/v1/held-reports/{id}/page.html', { ...one, ...TEXT }))
  await got(ana.GET('/v1/held-reports/{id}/document.pdf', { ...one, ...FILE }))
  await got(ana.GET('/v1/held-reports/{id}/days.csv', { ...one, ...TEXT }))
  await answered(204, ana.DELETE('/v1/held-reports/{id}', one))
  const kept = await answered(200, ana.GET('/v1/held-reports/{id}', one))
  equal(typeof kept.data.withdrawn_at, 'string', 'a withdrawn report says when')
}

/** Answers the frozen report. */
export async function sharedReport(lind: Api, share_id: string): Promise<string> {
  const query = { from: '2025-06-01', to: '2025-08-31' }
  const path = { share_id }
  const at = { params: { path, query } }
  await got(lind.GET('/v1/patients/{share_id}/report', at))
  await got(lind.GET('/v1/patients/{share_id}/report/chart.svg', { ...at, ...TEXT }))
  await got(lind.GET('/v1/patients/{share_id}/report/page.html', { ...at, ...TEXT }))
  await got(lind.GET('/v1/patients/{share_id}/report/document.pdf', { ...at, ...FILE }))
  await got(lind.GET('/v1/patients/{share_id}/report/days.csv', { ...at, ...TEXT }))
  const snapshots = '/v1/patients/{share_id}/report/snapshots'
  const { data: frozen } = await answered(201, lind.POST(snapshots, { params: { path }, body: query }))
  const list = await got(lind.GET(snapshots, { params: { path, query: { limit: 1 } } }))
  equal(list.data[0]?.subject.reference, 'A-1041', 'whose journal it is')
  const one = { params: { path: { share_id, id: frozen.id } } }
  await got(lind.GET('/v1/patients/{share_id}/report/snapshots/{id}', one))
  await got(lind.GET('/v1/patients/{share_id}/report/snapshots/{id}/report', one))
  await got(lind.GET('/v1/patients/{share_id}/report/snapshots/{id}/page.html', { ...one, ...TEXT }))
  await got(lind.GET('/v1/patients/{share_id}/report/snapshots/{id}/document.pdf', { ...one, ...FILE }))
  await got(lind.GET('/v1/patients/{share_id}/report/snapshots/{id}/days.csv', { ...one, ...TEXT }))
  await got(lind.GET('/v1/responders', {}))
  return frozen.id
}
