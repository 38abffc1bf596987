export { Api, SyncError, dayId, keptId, uuidv7 } from '@pain-journal/sync-core'
export type { ApiOptions, RejectedRecord, SyncedRecord } from '@pain-journal/sync-core'
export * from './replicate.js'
export * from './schema.js'
