// A device with RxDB, as an app would have it; every document is validated.

import { createRxDatabase } from 'rxdb/plugins/core'
import type { RxCollection, RxDatabase } from 'rxdb'
import type { RxReplicationState } from 'rxdb/plugins/replication'
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory'
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv'
import { Subject } from 'rxjs'
import { Monitor, replicate, syncedCollections, uuidv7 } from '@pain-journal/rxdb'
import type { Checkpoint, Document, LostValue, OtherAccountError, RejectedRecord, ReplicateOptions, SafetyNotice, SyncedRecord, UnboundError } from '@pain-journal/rxdb'
import type { Row } from '@pain-journal/sync-core'
import type { Device } from './world.js'

type Entry = Document<'journal_entries'>

export class Tablet {
  readonly rejected: RejectedRecord[] = []
  readonly merged: SyncedRecord[] = []
  readonly lost: LostValue[] = []
  readonly notices: SafetyNotice[] = []
  readonly others: (OtherAccountError | UnboundError)[] = []
  readonly errors: unknown[] = []
  readonly monitor = new Monitor()
  readonly poke$ = new Subject<void>()
  replication: RxReplicationState<Entry, Checkpoint> | undefined

  private constructor(
    public device: Device,
    readonly database: RxDatabase,
    readonly entries: RxCollection<Entry>,
  ) {}

  static async open(device: Device, name = `t${uuidv7().replaceAll('-', '')}`, memory = getRxStorageMemory()): Promise<Tablet> {
    const database = await createRxDatabase({
      name,
      storage: wrappedValidateAjvStorage({ storage: memory }),
      multiInstance: false,
    })
    const { journal_entries: entries } = await database.addCollections({ journal_entries: syncedCollections.journal_entries })
    return new Tablet(device, database, entries as unknown as RxCollection<Entry>)
  }

  /** Starts replicating, or starts again as a new process would. */
  async start(more: Partial<ReplicateOptions<Entry>> = {}): Promise<this> {
    await this.replication?.cancel()
    this.replication = replicate<Entry>({
      collection: this.entries,
      api: this.device.api,
      pull$: this.poke$,
      retryTime: 50,
      onRejected: (rejected) => this.rejected.push(...rejected),
      onMerged: (records) => this.merged.push(...records),
      onConflict: (lost) => this.lost.push(...lost),
      onSafetyNotice: (notice) => this.notices.push(notice),
      onOtherAccount: (error) => this.others.push(error),
      monitor: this.monitor,
      ...more,
    })
    this.replication.error$.subscribe((error) => this.errors.push(error))
    await this.replication.awaitInitialReplication()
    return this
  }

  /** Starts with somebody else signed in; resolves when the replication has ended. */
  async refused(device: Device, more: Partial<ReplicateOptions<Entry>> = {}): Promise<OtherAccountError | UnboundError> {
    await this.replication?.cancel()
    this.device = device
    return new Promise((ended, failed) => {
      const timer = setTimeout(() => failed(new Error("The replication goes on.")), 15_000)
      const onOtherAccount = (error: OtherAccountError | UnboundError): void => {
        clearTimeout(timer)
        ended(error)
      }
      this.replication = replicate<Entry>({ collection: this.entries, api: device.api, retryTime: 50, ...more, onOtherAccount })
    })
  }

  /** Sends everything and asks for everything. */
  async sync(): Promise<void> {
    this.poke$.next()
    await this.replication?.awaitInSync()
  }

  async create(row: Row): Promise<string> {
    await this.entries.insert({ updated_at: Date.now(), ...row } as Entry)
    return row.id
  }

  async edit(id: string, values: Record<string, unknown>): Promise<void> {
    const document = await this.entries.findOne(id).exec(true)
    await document.incrementalPatch({ updated_at: Date.now(), ...values } as Partial<Entry>)
  }

  async remove(id: string): Promise<void> {
    const document = await this.entries.findOne(id).exec(true)
    await document.incrementalRemove()
  }

  async row(id: string): Promise<Row | undefined> {
    return (await this.rows()).get(id)
  }

  async rows(): Promise<Map<string, Row>> {
    const documents = await this.entries.find().exec()
    return new Map(documents.map((document) => [document.id, document.toMutableJSON() as Row]))
  }

  async close(): Promise<void> {
    await this.replication?.cancel()
    await this.database.close()
  }
}
