// Ids that another part of the app made in capitals, as Swift does. The server keeps every id in lower
// case; a record that stayed under its capitals would be there twice after the next pull.

import { FIELDS, keptId } from '@pain-journal/sync-core'
import type { Collection } from '@pain-journal/sync-core'
import type { Database, Model } from '@nozbe/watermelondb'
import * as Q from '@nozbe/watermelondb/QueryDescription/index.js'

type Raw = Record<string, unknown> & { id: string }

const rawOf = (record: Model): Raw => record._raw as unknown as Raw

/** The fields of a record that name another one in capitals, as the server keeps them. */
function references(name: Collection, raw: Raw): Record<string, string> {
  const lowered: Record<string, string> = {}
  for (const field of FIELDS[name]) {
    const value = raw[field]
    if (field.endsWith('_id') && typeof value === 'string' && keptId(value) !== value) lowered[field] = keptId(value)
  }
  return lowered
}

/**
 * Puts what is still to be sent under the ids the server will keep. Nothing is sent under another
 * one, so a record that goes here leaves no delete behind. Of two records that are one, what the one
 * in capitals has filled in counts.
 */
export async function keepIds(database: Database, collections: Collection[]): Promise<void> {
  await database.write(async () => {
    const odd: { name: Collection; record: Model; twin: Model | undefined }[] = []
    const pointing: { record: Model; lowered: Record<string, string> }[] = []
    for (const name of collections) {
      const unsent = Q.where('_status', Q.oneOf(['created', 'updated']))
      const records = await database.get(name).query(unsent).fetch()
      const oddOnes = records.filter(({ id }) => keptId(id) !== id)
      const twins = new Set(oddOnes.map(({ id }) => keptId(id)))
      const known = twins.size ? await database.get(name).query(Q.where('id', Q.oneOf([...twins]))).fetch() : []
      for (const record of oddOnes) odd.push({ name, record, twin: known.find(({ id }) => id === keptId(record.id)) })
      for (const record of records) {
        const lowered = references(name, rawOf(record))
        if (!oddOnes.includes(record) && !twins.has(record.id) && Object.keys(lowered).length) pointing.push({ record, lowered })
      }
    }
    if (!odd.length && !pointing.length) return
    // From here on at one go: WatermelonDB wants prepared records at once.
    const batch: Model[] = []
    const made = new Map<string, Raw>()
    for (const { name, record, twin } of odd) {
      const raw: Raw = { ...rawOf(record), ...references(name, rawOf(record)), id: keptId(record.id) }
      const again = made.get(`${name}/${raw.id}`)
      if (again) Object.assign(again, filled(name, raw))
      else if (twin) {
        batch.push(
          twin.prepareUpdate((kept) => {
            for (const [field, value] of Object.entries(filled(name, raw))) kept._setRaw(field, value as string)
          }),
        )
      } else made.set(`${name}/${raw.id}`, raw)
      batch.push(record.prepareDestroyPermanently())
    }
    for (const [place, raw] of made) {
      const name = place.split('/')[0] ?? ''
      batch.push(database.get(name).prepareCreateFromDirtyRaw(raw as never))
    }
    for (const { record, lowered } of pointing) {
      // Only the spelling: the record was not edited now.
      const before = { ...rawOf(record) }
      batch.push(record.prepareUpdate(() => void Object.assign(rawOf(record), before, lowered)))
    }
    await database.batch(batch)
  })
}

/** What has been filled in. */
function filled(name: Collection, raw: Raw): Record<string, unknown> {
  return Object.fromEntries(FIELDS[name].filter((field) => field !== 'id' && raw[field] !== null && raw[field] !== undefined).map((field) => [field, raw[field]]))
}
