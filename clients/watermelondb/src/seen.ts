// What this device had seen of a record when it was edited, deleted or made here. A sync pulls before it
// pushes, so the cursor of the push covers changes that the person had never seen; the record goes with the
// cursor of before. Without that, a conflict would be settled without being named, and a delete would
// remove somebody's text unread.

import type { Collection } from '@pain-journal/sync-core'
import type { Database } from '@nozbe/watermelondb'
import { load, placeOf, save } from './kept.js'
import type { Kept, Place } from './kept.js'
import { deletedHere, editedHere, known, rawOf } from './records.js'
import type { Lists } from './records.js'

/** Keeps the notes of one sync. */
export class Seen {
  /** Records that were edited while the pull was on its way into the database. */
  private readonly late = new Set<Place>()
  /** Where the pull of this sync began. */
  private cursor = 0
  /** Is there something that is not written yet? */
  private changed = false

  private constructor(
    private readonly database: Database,
    private readonly kept: Kept,
  ) {}

  /**
   * Reads the notes. A sync that was killed between its pull and its push may have left records that were
   * edited in between: they count as edited before.
   */
  static async open(database: Database, collections: readonly Collection[], lastPulledAt: number): Promise<Seen> {
    const seen = new Seen(database, await load(database))
    const { pulling } = seen.kept
    if (!pulling) return seen
    if (pulling.cursor !== lastPulledAt) {
      const touched = new Set(pulling.places)
      for (const name of collections) {
        const ids = [...(await editedHere(database, name)).map(({ id }) => id), ...(await deletedHere(database, name))]
        for (const id of ids) if (touched.has(placeOf(name, id))) seen.note(placeOf(name, id), pulling.cursor)
      }
    }
    delete seen.kept.pulling
    seen.changed = true
    await seen.write()
    return seen
  }

  /** Before a pull from `cursor` is applied: notes what is to be sent and comes in it. */
  async pulled(changes: Lists, cursor: number): Promise<void> {
    const places: Place[] = []
    for (const [name, lists] of Object.entries(changes) as [Collection, NonNullable<Lists[Collection]>][]) {
      const ids = new Set([...lists.updated.map(({ id }) => id), ...lists.deleted])
      const deleted = (await deletedHere(this.database, name)).filter((id) => ids.has(id))
      const gone = new Set(lists.deleted)
      // Deleted on both sides is settled with this pull.
      for (const id of deleted) if (!gone.has(id)) this.note(placeOf(name, id), cursor)
      for (const record of await known(this.database, name, [...ids])) {
        const place = placeOf(name, record.id)
        if (rawOf(record)._status === 'synced') places.push(place)
        else this.note(place, cursor)
      }
    }
    // Of what was deleted here before, the pull brings the echo: a record made since has its note.
    for (const place of Object.keys(this.kept.deleted) as Place[]) {
      if ((this.kept.deleted[place] ?? 0) > cursor) continue
      delete this.kept.deleted[place]
      this.changed = true
    }
    if (places.length) {
      this.kept.pulling = { cursor, places }
      this.changed = true
    }
    this.cursor = cursor
    await this.write()
  }

  /** While a pull is applied: this record had been edited since `pulled`. */
  editedSince(name: Collection, id: string): void {
    this.late.add(placeOf(name, id))
  }

  /**
   * Before a push of everything that is not clean: notes what was edited or deleted while the pull was
   * being applied, and drops notes of what is clean or gone by now.
   */
  async pushing(dirty: readonly Place[], deleted: readonly Place[]): Promise<void> {
    const touched = new Set(this.kept.pulling?.places)
    for (const place of [...this.late, ...deleted.filter((place) => touched.has(place))]) this.note(place, this.cursor)
    const open = new Set(dirty)
    for (const place of Object.keys(this.kept.seen) as Place[]) {
      if (open.has(place)) continue
      delete this.kept.seen[place]
      this.changed = true
    }
    await this.applied()
  }

  /** The pull is in the database. */
  async applied(): Promise<void> {
    if (this.kept.pulling) this.changed = true
    delete this.kept.pulling
    await this.write()
  }

  /** What had been seen of a record; `cursor` is what is pulled by now. */
  of(place: Place, cursor: number): number {
    return this.kept.seen[place] ?? cursor
  }

  /** After a push: what the server has taken needs no note any more. */
  async pushed(accepted: readonly Place[], deleted: readonly Place[], timestamp: number): Promise<void> {
    for (const place of accepted) {
      this.changed ||= place in this.kept.seen
      delete this.kept.seen[place]
    }
    for (const place of deleted) this.kept.deleted[place] = timestamp
    this.changed ||= deleted.length > 0
    await this.write()
  }

  /** The server's revisions are others now: nothing counts as seen. */
  forget(): void {
    for (const place of Object.keys(this.kept.seen) as Place[]) this.kept.seen[place] = 0
    this.kept.deleted = {}
    this.changed = true
  }

  private note(place: Place, cursor: number): void {
    if (place in this.kept.seen) return
    // A record that was made anew after its delete here has seen that delete.
    this.kept.seen[place] = Math.max(cursor, this.kept.deleted[place] ?? 0)
    this.changed = true
  }

  private async write(): Promise<void> {
    if (!this.changed) return
    await save(this.database, this.kept)
    this.changed = false
  }
}
