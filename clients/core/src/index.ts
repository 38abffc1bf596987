export * from './api.js'
export * from './ids.js'
export * from './rows.js'
