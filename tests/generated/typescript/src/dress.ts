// Disguises: the same request as the generated clients of other languages write it. What they rest on
// stands in the generated sources, where `sources.ts` asserts it.

import { isNode, type Judge, type Json, type Operation } from './judge.js'
import type { Table } from './sources.js'

/** Rewrites a request into the one that another client would send. */
export type Dress = (request: Request, operation: Operation) => Promise<Request> | undefined

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const DAY = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/
const MOMENT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T/

/** How a language writes. */
type Hand = {
  headers: (sent: { accept?: string; contentType?: string }) => Record<string, string>
  /** A value of a body. */
  value: (text: string) => string
  /** A part of the path or a parameter of the query. */
  parameter: (text: string) => string
  body?: (body: Json, operation: Operation) => Json
  indent?: number
}

const utc = (text: string) => new Date(text).toISOString()
const midnight = (day: string) => `${day}T00:00:00.000Z`

/** The offset in Berlin at a moment, such as `+02:00`. */
function inBerlin(moment: Date): string {
  const written = new Intl.DateTimeFormat('en', { timeZone: 'Europe/Berlin', timeZoneName: 'longOffset' })
  const offset = written.formatToParts(moment).find(({ type }) => type === 'timeZoneName')?.value
  return offset?.replace('GMT', '') ?? ''
}

/** `java.time`: nine digits, the offset of the zone of the phone; ids in lower case. */
const kotlin: Hand = {
  headers: ({ accept, contentType }) => ({
    ...(accept ? { Accept: accept } : {}),
    ...(contentType ? { 'Content-Type': contentType } : {}),
    'User-Agent': 'okhttp/4.12.0',
  }),
  value: (text) => {
    if (!MOMENT.test(text)) return text
    const offset = inBerlin(new Date(text))
    const there = new Date(Date.parse(text) + Number(offset.slice(1, 3)) * 3_600_000).toISOString()
    return there.replace('Z', `456789${offset}`)
  },
  parameter: (text) => (MOMENT.test(text) ? kotlin.value(text) : text),
}

/** `Foundation`: ids in capitals, days as the midnight of UTC, JSON over many lines. */
const swift: Hand = {
  headers: ({ contentType }) => ({
    ...(contentType ? { 'Content-Type': contentType } : {}),
    Accept: '*/*',
    'Accept-Language': 'en-GB,en;q=0.9',
    'User-Agent': 'App/1 CFNetwork/1568.100.1 Darwin/24.0.0',
  }),
  value: (text) => {
    if (UUID.test(text)) return text.toUpperCase()
    if (DAY.test(text)) return midnight(text)
    return MOMENT.test(text) ? utc(text) : text
  },
  parameter: (text) => swift.value(text),
  indent: 2,
}

/** `package:http`: a charset behind the type, every member written, null where it has no value. */
const dart = (judge: Judge): Hand => ({
  headers: ({ contentType }) => ({
    ...(contentType ? { 'Content-Type': `${contentType}; charset=utf-8` } : {}),
    'User-Agent': 'Dart/3.5 (dart:io)',
  }),
  value: (text) => (MOMENT.test(text) ? utc(text).replace('Z', '456Z') : text),
  parameter: (text) => (DAY.test(text) ? midnight(text) : MOMENT.test(text) ? utc(text).replace('Z', '456Z') : text),
  body: (body, operation) => judge.withEveryMember(operation, body),
})

function written(value: Json, hand: Hand): Json {
  if (typeof value === 'string') return hand.value(value)
  if (Array.isArray(value)) return value.map((inner) => written(inner, hand))
  if (!isNode(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, written(inner, hand)]))
}

function dressed(sent: Table, hand: Hand): Dress {
  return async (request, operation) => {
    const url = new URL(request.url)
    url.pathname = url.pathname.split('/').map((part) => hand.parameter(part)).join('/')
    for (const [name, value] of [...url.searchParams]) url.searchParams.set(name, hand.parameter(value))
    const headers = new Headers(request.headers)
    headers.delete('Content-Type')
    const own = hand.headers(sent.get(operation.id) ?? {})
    for (const [name, value] of Object.entries(own)) headers.set(name, value)
    const text = await request.text()
    const init: RequestInit = { method: request.method, headers }
    if (text) {
      const body = JSON.parse(text) as Json
      init.body = JSON.stringify(written(hand.body?.(body, operation) ?? body, hand), null, hand.indent)
    } else if (request.method !== 'GET') {
      // No body, and the header that says so.
      init.body = new Uint8Array()
    }
    return new Request(url, init)
  }
}

export const asKotlin = (sent: Table): Dress => dressed(sent, kotlin)
export const asSwift = (sent: Table): Dress => dressed(sent, swift)
export const asDart = (sent: Table, judge: Judge): Dress => dressed(sent, dart(judge))
