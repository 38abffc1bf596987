// Every operation of every collection: as the patient, and as the practitioner through a share.

import { randomUUID } from 'node:crypto'
import bodies from './bodies.json' with { type: 'json' }
import { answered, equal, got, tag, type Answer, type Api } from './client.js'
import type { components } from './schema.js'

type Schemas = components['schemas']
type Named = { readonly id?: string }
type Page<R> = { data: R[]; has_more: boolean; next_cursor: string | null }
type Days = { from?: string; to?: string; limit?: number }
type IfMatch = { 'If-Match': string }
type IfNoneMatch = { 'If-None-Match'?: string }

/** The four operations on one kind of record, each already bound to its typed path. */
type Calls<R extends Named> = {
  list: (query: Days) => Promise<Answer<Page<R>>>
  get: (id: string, header: IfNoneMatch) => Promise<Answer<R>>
  put: (id: string, header: IfMatch | IfNoneMatch, body: R) => Promise<Answer<R>>
  remove: (id: string, header: IfMatch) => Promise<Answer<unknown>>
}

/**
 * Creates, lists and reads a record, changes one member of what was read and sends it back whole;
 * deletes it where that is asked for, and answers its id.
 */
async function life<R extends Named>(calls: Calls<R>, body: R, change: Partial<R>, end = true): Promise<string> {
  const id = randomUUID()
  const created = await answered(201, calls.put(id, { 'If-None-Match': '*' }, body))
  equal(created.data.id, id, 'the id')
  const listed = await got(calls.list({ from: '2025-05-01', to: '2025-07-31', limit: 200 }))
  if (!listed.data.some((record) => record.id === id)) throw new Error(`${id} is not in its list`)
  const read = await answered(200, calls.get(id, {}))
  equal(tag(read.response), tag(created.response), 'the tag')
  await answered(304, calls.get(id, { 'If-None-Match': tag(read.response) }))
  const changed = await answered(200, calls.put(id, { 'If-Match': tag(read.response) }, { ...read.data, ...change }))
  if (tag(changed.response) === tag(read.response)) throw new Error('the change wrote nothing')
  for (const [name, value] of Object.entries(change)) equal(changed.data[name as keyof R], value as R[keyof R], name)
  if (end) {
    await answered(204, calls.remove(id, { 'If-Match': tag(changed.response) }))
    await answered(404, calls.get(id, {}))
  }
  return id
}

/** What the patient writes, and what she only reads. Answers the ids that later steps ask for. */
export async function patientsRecords(api: Api) {
  const sleep = '/v1/sleep-records/{id}'
  const session = '/v1/treatment-sessions/{id}'
  const intake = '/v1/medication-intakes/{id}'
  const episode = '/v1/pain-episodes/{id}'
  const plan = '/v1/treatment-plans/{id}'
  const event = '/v1/adverse-events/{id}'
  const entry = '/v1/journal-entries/{id}'

  await life<Schemas['JournalEntry']>(
    {
      list: (query) => api.GET('/v1/journal-entries', { params: { query } }),
      get: (id, header) => api.GET(entry, { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT(entry, { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE(entry, { params: { path: { id }, header } }),
    },
    bodies.journal_entries,
    { pain_worst: 9 },
  )
  await life<Schemas['SleepRecord']>(
    {
      list: (query) => api.GET('/v1/sleep-records', { params: { query } }),
      get: (id, header) => api.GET(sleep, { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT(sleep, { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE(sleep, { params: { path: { id }, header } }),
    },
    bodies.sleep_records,
    { quality: 0 },
  )
  await life<Schemas['TreatmentSession']>(
    {
      list: (query) => api.GET('/v1/treatment-sessions', { params: { query } }),
      get: (id, header) => api.GET(session, { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT(session, { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE(session, { params: { path: { id }, header } }),
    },
    bodies.treatment_sessions,
    { techniques: ['cupping'] },
  )
  await life<Schemas['MedicationIntake']>(
    {
      list: (query) => api.GET('/v1/medication-intakes', { params: { query } }),
      get: (id, header) => api.GET(intake, { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT(intake, { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE(intake, { params: { path: { id }, header } }),
    },
    bodies.medication_intakes,
    { dose: 0.25 },
  )
  await life<Schemas['Flare']>(
    {
      list: (query) => api.GET('/v1/flares', { params: { query } }),
      get: (id, header) => api.GET('/v1/flares/{id}', { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT('/v1/flares/{id}', { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE('/v1/flares/{id}', { params: { path: { id }, header } }),
    },
    bodies.flares,
    { severity: 9 },
  )
  await life<Schemas['Goal']>(
    {
      list: (query) => api.GET('/v1/goals', { params: { query } }),
      get: (id, header) => api.GET('/v1/goals/{id}', { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT('/v1/goals/{id}', { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE('/v1/goals/{id}', { params: { path: { id }, header } }),
    },
    bodies.goals,
    { importance: 9 },
  )
  await life<Schemas['Question']>(
    {
      list: (query) => api.GET('/v1/questions', { params: { query } }),
      get: (id, header) => api.GET('/v1/questions/{id}', { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT('/v1/questions/{id}', { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE('/v1/questions/{id}', { params: { path: { id }, header } }),
    },
    bodies.questions,
    { text: 'May I carry crates?' },
  )
  await life<Schemas['PainEpisode']>(
    {
      list: (query) => api.GET('/v1/pain-episodes', { params: { query } }),
      get: (id, header) => api.GET(episode, { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT(episode, { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE(episode, { params: { path: { id }, header } }),
    },
    bodies.pain_episodes,
    { label: 'My low back' },
  )
  const planned = await life<Schemas['TreatmentPlan']>(
    {
      list: (query) => api.GET('/v1/treatment-plans', { params: { query } }),
      get: (id, header) => api.GET(plan, { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT(plan, { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE(plan, { params: { path: { id }, header } }),
    },
    bodies.treatment_plans,
    { planned_sessions: 9 },
    false,
  )
  await got(api.GET('/v1/treatment-plans/{id}/progress', { params: { path: { id: planned } } }))
  const newest = tag((await api.GET(plan, { params: { path: { id: planned } } })).response)
  const gone = { params: { path: { id: planned }, header: { 'If-Match': newest } } }
  await answered(204, api.DELETE(plan, gone))
  await life<Schemas['AdverseEvent']>(
    {
      list: (query) => api.GET('/v1/adverse-events', { params: { query } }),
      get: (id, header) => api.GET(event, { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT(event, { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE(event, { params: { path: { id }, header } }),
    },
    bodies.adverse_events,
    { severity: 'moderate' },
  )
  await life<Schemas['Assessment']>(
    {
      list: (query) => api.GET('/v1/assessments', { params: { query } }),
      get: (id, header) => api.GET('/v1/assessments/{id}', { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT('/v1/assessments/{id}', { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE('/v1/assessments/{id}', { params: { path: { id }, header } }),
    },
    bodies.assessments,
    { occasion: 'review' },
  )
  await life<Schemas['Reminder']>(
    {
      list: (query) => api.GET('/v1/reminders', { params: { query } }),
      get: (id, header) => api.GET('/v1/reminders/{id}', { params: { path: { id }, header } }),
      put: (id, header, body) => api.PUT('/v1/reminders/{id}', { params: { path: { id }, header }, body }),
      remove: (id, header) => api.DELETE('/v1/reminders/{id}', { params: { path: { id }, header } }),
    },
    bodies.reminders,
    { local_time: '07:00' },
  )
  const times = { after: new Date().toISOString(), time_zone: 'Europe/Berlin', limit: 3 }
  await got(api.GET('/v1/reminder-times', { params: { query: times } }))
}

/** What a practitioner writes and reads through a share that opens everything. */
export async function sharedRecords(ana: Api, lind: Api, share_id: string) {
  const at = { params: { path: { share_id }, query: { limit: 2 } } }
  const entries = await got(lind.GET('/v1/patients/{share_id}/journal-entries', at))
  const cursor = entries.next_cursor
  if (!cursor) throw new Error('the shared diary has no second page')
  const next = { params: { path: { share_id }, query: { limit: 2, cursor } } }
  await got(lind.GET('/v1/patients/{share_id}/journal-entries', next))
  await got(lind.GET('/v1/patients/{share_id}/sleep-records', at))
  await got(lind.GET('/v1/patients/{share_id}/medication-intakes', at))
  await got(lind.GET('/v1/patients/{share_id}/flares', at))
  await got(lind.GET('/v1/patients/{share_id}/goals', at))
  await got(lind.GET('/v1/patients/{share_id}/questions', at))
  await got(lind.GET('/v1/patients/{share_id}/assessments', at))

  const session = '/v1/patients/{share_id}/treatment-sessions/{id}'
  const episode = '/v1/patients/{share_id}/pain-episodes/{id}'
  const plan = '/v1/patients/{share_id}/treatment-plans/{id}'
  const event = '/v1/patients/{share_id}/adverse-events/{id}'
  const note = '/v1/patients/{share_id}/practitioner-notes/{id}'

  await life<Schemas['SharedTreatmentSession']>(
    {
      list: (query) => lind.GET('/v1/patients/{share_id}/treatment-sessions', { params: { path: { share_id }, query } }),
      get: (id, header) => lind.GET(session, { params: { path: { share_id, id }, header } }),
      put: (id, header, body) => lind.PUT(session, { params: { path: { share_id, id }, header }, body }),
      remove: (id, header) => lind.DELETE(session, { params: { path: { share_id, id }, header } }),
    },
    bodies.shared.treatment_sessions,
    { techniques: ['cupping'] },
  )
  await life<Schemas['SharedPainEpisode']>(
    {
      list: (query) => lind.GET('/v1/patients/{share_id}/pain-episodes', { params: { path: { share_id }, query } }),
      get: (id, header) => lind.GET(episode, { params: { path: { share_id, id }, header } }),
      put: (id, header, body) => lind.PUT(episode, { params: { path: { share_id, id }, header }, body }),
      remove: (id, header) => lind.DELETE(episode, { params: { path: { share_id, id }, header } }),
    },
    bodies.shared.pain_episodes,
    { conditions: ['facet_joint'] },
  )
  const planned = await life<Schemas['SharedTreatmentPlan']>(
    {
      list: (query) => lind.GET('/v1/patients/{share_id}/treatment-plans', { params: { path: { share_id }, query } }),
      get: (id, header) => lind.GET(plan, { params: { path: { share_id, id }, header } }),
      put: (id, header, body) => lind.PUT(plan, { params: { path: { share_id, id }, header }, body }),
      remove: (id, header) => lind.DELETE(plan, { params: { path: { share_id, id }, header } }),
    },
    bodies.shared.treatment_plans,
    { planned_sessions: 9 },
    false,
  )
  const progress = '/v1/patients/{share_id}/treatment-plans/{id}/progress'
  await got(lind.GET(progress, { params: { path: { share_id, id: planned } } }))
  const newest = tag((await lind.GET(plan, { params: { path: { share_id, id: planned } } })).response)
  const gone = { params: { path: { share_id, id: planned }, header: { 'If-Match': newest } } }
  await answered(204, lind.DELETE(plan, gone))
  await life<Schemas['SharedAdverseEvent']>(
    {
      list: (query) => lind.GET('/v1/patients/{share_id}/adverse-events', { params: { path: { share_id }, query } }),
      get: (id, header) => lind.GET(event, { params: { path: { share_id, id }, header } }),
      put: (id, header, body) => lind.PUT(event, { params: { path: { share_id, id }, header }, body }),
      remove: (id, header) => lind.DELETE(event, { params: { path: { share_id, id }, header } }),
    },
    bodies.shared.adverse_events,
    { severity: 'moderate' },
  )
  const written = await life<Schemas['SharedPractitionerNote']>(
    {
      list: (query) => lind.GET('/v1/patients/{share_id}/practitioner-notes', { params: { path: { share_id }, query } }),
      get: (id, header) => lind.GET(note, { params: { path: { share_id, id }, header } }),
      put: (id, header, body) => lind.PUT(note, { params: { path: { share_id, id }, header }, body }),
      remove: (id, header) => lind.DELETE(note, { params: { path: { share_id, id }, header } }),
    },
    bodies.shared.practitioner_notes,
    { text: 'Slept badly before the visit; better after it.' },
    false,
  )
  // The patient reads what the practitioner shows.
  await got(ana.GET('/v1/practitioner-notes', { params: { query: { limit: 2 } } }))
  await got(ana.GET('/v1/practitioner-notes/{id}', { params: { path: { id: written } } }))
  const last = tag((await lind.GET(note, { params: { path: { share_id, id: written } } })).response)
  const removed = { params: { path: { share_id, id: written }, header: { 'If-Match': last } } }
  await answered(204, lind.DELETE(note, removed))
}
