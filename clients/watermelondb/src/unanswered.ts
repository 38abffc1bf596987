// A push whose answer was lost. It is repeated as it was, under its key, before the next pull: also after a
// restart, and after a new sign-in. Sent anew, an older text would win over what others wrote since.

import { tell } from '@pain-journal/sync-core'
import type { Callbacks, Collection, Monitor, Outbox, Row, Unanswered } from '@pain-journal/sync-core'
import type { Api } from '@pain-journal/sync-core'
import type { Database, Model } from '@nozbe/watermelondb'
import { load, placeOf, save } from './kept.js'
import { deletedHere, known, mark, rawOf } from './records.js'
import { outgoing } from './rows.js'

const KEY = 'pain_journal_push'

/** Where a push of this database waits for its answer. */
export function outboxOf(database: Database): Outbox {
  return {
    load: async () => {
      const text = await database.localStorage.get<string>(KEY)
      return text ? (JSON.parse(text) as Unanswered) : null
    },
    save: async (unanswered) => {
      if (unanswered) await database.localStorage.set(KEY, JSON.stringify(unanswered))
      else await database.localStorage.remove(KEY)
    },
  }
}

/** Repeats a push whose answer was lost: what the server has as it is here is not sent again. */
export async function settle(options: Callbacks & { database: Database; api: Api; monitor?: Monitor }): Promise<void> {
  const { database, api } = options
  const outbox = outboxOf(database)
  const repeated = await api.repeat(outbox)
  if (!repeated) return
  const { changes, result } = repeated
  const refused = new Set(result.rejected.map(({ collection, id }) => placeOf(collection, id)))
  const stays = new Set(result.records.filter((record) => record.result === 'kept').map(({ collection, id }) => placeOf(collection, id)))
  const kept = await load(database)
  const taken: { collection: Collection; id: string }[] = []
  await database.write(async () => {
    const found: { name: Collection; record: Model; row: Row }[] = []
    for (const [name, lists] of Object.entries(changes) as [Collection, { created: Row[]; updated: Row[]; deleted: Row[] }][]) {
      const sent = new Map([...lists.created, ...lists.updated].map((row) => [row.id, row]))
      for (const record of await known(database, name, [...sent.keys()])) found.push({ name, record, row: sent.get(record.id) as Row })
      const gone = new Set(lists.deleted.map(({ id }) => id).filter((id) => !refused.has(placeOf(name, id))))
      const waiting = (await deletedHere(database, name)).filter((id) => gone.has(id))
      if (waiting.length) await database.adapter.destroyDeletedRecords(name as never, waiting)
      for (const id of gone) if (!stays.has(placeOf(name, id))) kept.deleted[placeOf(name, id)] = result.timestamp
      for (const id of [...sent.keys(), ...gone]) if (!refused.has(placeOf(name, id))) taken.push({ collection: name, id })
    }
    // From here on at one go: WatermelonDB wants prepared records at once. What was edited since is sent.
    const clean = found.filter(({ name, record, row }) => !refused.has(placeOf(name, record.id)) && isAsSent(name, record, row))
    await database.batch(clean.map(({ record }) => mark(record, 'synced', '')))
  })
  for (const { collection, id } of taken) delete kept.seen[placeOf(collection, id)]
  await save(database, kept)
  await outbox.save(null)
  tell(options, taken, result)
}

function isAsSent(name: Collection, record: Model, row: Row): boolean {
  const present = outgoing(name, rawOf(record), 0) ?? { id: record.id }
  const fields = new Set([...Object.keys(present), ...Object.keys(row)].filter((field) => !field.startsWith('_')))
  return [...fields].every((field) => present[field] === row[field])
}
