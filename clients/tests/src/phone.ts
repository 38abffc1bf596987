// A device with WatermelonDB, as an app would have it.

import { Database, Model } from '@nozbe/watermelondb'
import loki from '@nozbe/watermelondb/adapters/lokijs/index.js'
import { appSchema } from '@nozbe/watermelondb/Schema/index.js'
import { createTable, schemaMigrations } from '@nozbe/watermelondb/Schema/migrations/index.js'
import common from '@nozbe/watermelondb/utils/common/logger/index.js'
import { journalEntriesTable, Monitor, sync, syncedTables, uuidv7 } from '@pain-journal/watermelondb'
import type { LostValue, RejectedRecord, SafetyNotice, SyncedRecord, SyncOptions } from '@pain-journal/watermelondb'
import { setGenerator } from '@nozbe/watermelondb/utils/common/randomId/index.js'
import type { Row } from '@pain-journal/sync-core'
import type { Device } from './world.js'

setGenerator(() => uuidv7())

const LokiJSAdapter = loki.default
type LokiJSAdapter = InstanceType<typeof LokiJSAdapter>
const logger = common.default

/** What WatermelonDB complains of. */
export const complaints: string[] = []
const silent = logger as unknown as Record<string, (...words: unknown[]) => void>
silent['log'] = () => undefined
silent['warn'] = (...words) => void complaints.push(words.join(' '))
silent['error'] = (...words) => void complaints.push(words.join(' '))

class Synced extends Model {
  get createdAt(): unknown {
    return this._getRaw('created_at')
  }
  get updatedAt(): unknown {
    return this._getRaw('updated_at')
  }
}

/** The first version of the app knew only journal entries. */
const tablesOf = (version: number) => (version === 1 ? [journalEntriesTable] : syncedTables)

function versionOf(version: number) {
  return {
    schema: appSchema({ version, tables: tablesOf(version) }),
    migrations: schemaMigrations({
      migrations: [{
        toVersion: 2,
        steps: syncedTables.filter((table) => table !== journalEntriesTable).map(({ name, columnArray: columns }) => createTable({ name, columns })),
      }].filter(({ toVersion }) => toVersion <= version),
    }),
  }
}

function open(adapter: LokiJSAdapter, version: number): Database {
  const modelOf = (name: string) => class extends Synced {
    static override table = name
  }
  return new Database({ adapter, modelClasses: tablesOf(version).map(({ name }) => modelOf(name)) })
}

function newAdapter(version: number): LokiJSAdapter {
  return new LokiJSAdapter({
    dbName: uuidv7(),
    ...versionOf(version),
    useWebWorker: false,
    useIncrementalIndexedDB: true,
    // Saved only when a test asks for it.
    extraLokiOptions: { autosave: true, autosaveInterval: 1e8 },
  })
}

export class Phone {
  readonly rejected: RejectedRecord[] = []
  readonly merged: SyncedRecord[] = []
  readonly lost: LostValue[] = []
  readonly notices: SafetyNotice[] = []
  readonly monitor = new Monitor()
  private adapter: LokiJSAdapter
  private db: Database
  private ticks = 0

  constructor(
    public device: Device,
    /** How far the clock of this phone is off, in milliseconds. */
    readonly clock = 0,
    /** The version of the app. */
    private version = 2,
  ) {
    this.adapter = newAdapter(version)
    this.db = open(this.adapter, version)
  }

  get database(): Database {
    return this.db
  }

  async sync(more: Partial<SyncOptions> = {}): Promise<void> {
    await sync(this.options(more))
  }

  /** How this phone syncs. */
  options(more: Partial<SyncOptions> = {}): SyncOptions {
    return {
      database: this.db,
      api: this.device.api,
      monitor: this.monitor,
      onRejected: (rejected) => this.rejected.push(...rejected),
      onMerged: (records) => this.merged.push(...records),
      onConflict: (lost) => this.lost.push(...lost),
      onSafetyNotice: (notice) => this.notices.push(notice),
      ...more,
    }
  }

  /** The app is killed and started again, perhaps in another version. */
  async restart(version = this.version): Promise<void> {
    this.version = version
    // One that was opened a moment ago has nothing to copy yet.
    await this.db.get('journal_entries').query().fetchCount()
    this.adapter = (await (this.adapter as any).testClone(versionOf(version))) as LokiJSAdapter
    this.db = open(this.adapter, version)
  }

  private set(record: Model, values: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(values)) {
      if (name !== 'id') record._setRaw(name, value as string)
    }
    record._setRaw('updated_at', Date.now() + this.clock + this.ticks++)
  }

  /** Makes a record; `isNew` is asked before, in the same transaction. */
  async create(row: Row, table = 'journal_entries', isNew?: () => Promise<boolean>): Promise<string> {
    await this.db.write(async () => {
      if (isNew && !(await isNew())) return
      await this.db.get(table).create((record) => {
        ;(record._raw as { id: string }).id = row.id
        this.set(record, row)
      })
    })
    return row.id
  }

  async edit(id: string, values: Record<string, unknown>, table = 'journal_entries'): Promise<void> {
    await this.db.write(async () => {
      const record = await this.db.get(table).find(id)
      await record.update(() => this.set(record, values))
    })
  }

  async remove(id: string, table = 'journal_entries'): Promise<void> {
    await this.db.write(async () => {
      const record = await this.db.get(table).find(id)
      await record.markAsDeleted()
    })
  }

  /** Can a record of this id be made? One whose delete is still to be sent stands in the way. */
  async isFree(id: string, table = 'journal_entries'): Promise<boolean> {
    const [live, deleted] = [await this.rows(table), await this.db.adapter.getDeletedRecords(table as never)]
    return !live.has(id) && !deleted.includes(id)
  }

  async rows(table = 'journal_entries'): Promise<Map<string, Row & { _status: string }>> {
    const records = await this.db.get(table).query().fetch()
    return new Map(records.map((record) => [record.id, { ...(record._raw as unknown as Row & { _status: string }) }]))
  }

  async row(id: string, table = 'journal_entries'): Promise<(Row & { _status: string }) | undefined> {
    return (await this.rows(table)).get(id)
  }
}
