// Plays the quickstart of the README and then one call of every operation of the document, through
// the client that openapi-typescript and openapi-fetch make of it.
//
//   BASE_URL   the server, with the demo data
//   OUTBOX     the folder of the mails that it sends
//   DOCUMENT   the document of the API
//   DISGUISE   kotlin, swift or dart: every request is written as that client of openapi-generator
//              would write it; absent: as it is
//   SOURCES    the folder of the clients that openapi-generator wrote

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { account, licence, reference, sync } from './accounts.js'
import { stage } from './client.js'
import { asDart, asKotlin, asSwift, type Dress } from './dress.js'
import { Judge } from './judge.js'
import { quickstart } from './quickstart.js'
import { patientsRecords, sharedRecords } from './records.js'
import { endShare, heldReport, openShare, ownReport, sharedReport } from './reports.js'
import { dart, demandsWhatIsSaid, hasDays, isWhole, kotlin, swift, toleratesWhatIsNew } from './sources.js'

function setting(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}

const judge = new Judge(JSON.parse(readFileSync(setting('DOCUMENT'), 'utf8')))

function disguise(language: string | undefined): Dress {
  if (!language) return () => undefined
  const read = { kotlin, swift, dart }[language]
  if (!read) throw new Error(`${language} is not known`)
  const { sent, models } = read(join(setting('SOURCES'), language))
  isWhole(language, sent, judge)
  demandsWhatIsSaid(language, models, judge)
  toleratesWhatIsNew(language, models)
  if (language === 'kotlin') return asKotlin(sent)
  if (language === 'dart') return asDart(sent, judge)
  hasDays(swift(join(setting('SOURCES'), 'swift_days')).models)
  return asSwift(sent)
}

const play = stage(setting('BASE_URL'), setting('OUTBOX'), judge, disguise(process.env['DISGUISE']))
const { ana, lind } = await quickstart(play)
await reference(play)
await account(play)
await licence(lind)
await patientsRecords(ana)
const share = await openShare(ana, lind)
await sharedRecords(ana, lind, share)
await ownReport(ana)
await heldReport(ana, await sharedReport(lind, share))
await endShare(lind, share)
await sync(play, ana)
console.log(judge.everything())
