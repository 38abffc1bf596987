// What must not compile. `tsc` is the judge: an error that is expected and does not come is one.

import { test } from 'node:test'
import type { BodyRegion, Changes, Create, EntryKind, JsonList, Rows, Trigger, Update } from '@pain-journal/sync-core'
import { listText } from '@pain-journal/sync-core'
import type { Document } from '@pain-journal/rxdb'
import type { RxDocument } from 'rxdb'

test('a misspelt field does not compile', () => {
  const id = '0195a3c2-0000-7000-8000-00000000000a'
  const required = { id, kind: 'daily', effective_at: 1, time_zone: 'UTC' } as const

  // Right ones.
  const made: Create<'journal_entries'> = { ...required, mood: 5, note: null, triggers: listText<Trigger>(['lifting']) }
  const edited: Update<'journal_entries'> = { id, mood: 6, _changed: 'mood', _base: { mood: 5 }, _seen: 7 }
  const all: Changes = { journal_entries: { created: [made], updated: [edited], deleted: [id, { id, _seen: 7 }] } }

  // @ts-expect-error a misspelt field of a new record
  const misspelt: Create<'journal_entries'> = { ...required, moood: 5 }
  // @ts-expect-error a misspelt field of an edit
  const misspeltEdit: Update<'journal_entries'> = { id, moood: 5 }
  // @ts-expect-error a misspelt field inside a push
  const misspeltPush: Changes = { journal_entries: { updated: [{ id, note_: 'x' }] } }
  // @ts-expect-error a misspelt collection
  const misspeltCollection: Changes = { journal_entry: { updated: [] } }
  // @ts-expect-error a misspelt base
  const misspeltBase: Update<'journal_entries'> = { id, _base: { moood: 5 } }
  // @ts-expect-error another collection's field
  const others: Update<'sleep_records'> = { id, mood: 5 }
  // @ts-expect-error a required field is missing
  const incomplete: Create<'journal_entries'> = { id, effective_at: 1, time_zone: 'UTC' }
  // @ts-expect-error a value of another type
  const wrongType: Update<'journal_entries'> = { id, mood: 'five' }
  // @ts-expect-error a list travels as JSON text
  const plainList: Update<'journal_entries'> = { id, triggers: ['lifting'] }
  // @ts-expect-error the list of another vocabulary
  const otherList: Update<'journal_entries'> = { id, triggers: listText<{ region: BodyRegion }>([{ region: 'low_back' }]) }
  // @ts-expect-error a number is no code
  const noCode: EntryKind = 5

  // A newer server may know more codes: any string is one, and the known ones are offered.
  const newer: EntryKind = 'of_next_year'
  const known: Rows['journal_entries']['kind'] = 'post_24h'
  const text: JsonList<Trigger> = '["lifting"]'
  const document: Document<'journal_entries'> = { ...required, mood: 5 }
  // @ts-expect-error a misspelt field of a document
  const misspeltDocument: Document<'journal_entries'> = { ...required, moood: 5 }

  // What a document holds can be read as what it is, read-only copies too.
  const read = (stored: RxDocument<Document<'journal_entries'>>): [string | undefined, string | undefined, string | null | undefined] => {
    const copy = stored.toJSON()
    return [copy.kind, copy.triggers, stored.work_impact]
  }

  void [read, all, misspelt, misspeltEdit, misspeltPush, misspeltCollection, misspeltBase, others, incomplete, wrongType, plainList, otherList, noCode, newer, known, text, document, misspeltDocument]
})
