// Reads the Kotlin, Swift and Dart sources that openapi-generator writes: which headers each operation
// sends, how values are written, what a constructor asks for. Nothing here runs these languages; the
// facts that the disguises of `dress.ts` rest on are asserted where they stand in the sources.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { equal } from './client.js'
import type { Judge } from './judge.js'

/** What a generated function sends beside parameters and body. */
export type Sent = { method: string; path: string; accept?: string; contentType?: string }
export type Table = Map<string, Sent>

/** A generated class: what its constructor demands, and the sources of the file. */
type Model = { required: string[]; text: string }

function files(folder: string, ending: string): Map<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith(ending))
  if (names.length === 0) throw new Error(`${folder} has no ${ending}`)
  return new Map(names.map((name) => [name.slice(0, -ending.length), readFileSync(join(folder, name), 'utf8')]))
}

function holds(text: string | undefined, words: string, what: string) {
  if (!text?.includes(words)) throw new Error(`${what} has no ${words}: the generator writes something else now`)
}

const first = (pattern: RegExp, text: string) => pattern.exec(text)?.[1]

/** One entry a function: found by a pattern of name and body, read by another for each part. */
function table(text: string, functions: RegExp, parts: Record<keyof Sent, RegExp>): Table {
  const found: Table = new Map()
  for (const [, name = '', body = ''] of text.matchAll(functions)) {
    const method = first(parts.method, body)
    const path = first(parts.path, body)
    if (!method || !path) throw new Error(`${name} is not readable: ${body}`)
    const sent: Sent = { method, path }
    const accept = first(parts.accept, body)
    const contentType = first(parts.contentType, body)
    if (accept) sent.accept = accept
    if (contentType) sent.contentType = contentType
    found.set(name, sent)
  }
  return found
}

const NOTHING = /(?!)/
const joined = (texts: Map<string, string>) => [...texts.values()].join('\n')
const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
const snake = (name: string) => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase()

export function kotlin(folder: string) {
  const top = join(folder, 'src/main/kotlin/org/openapitools/client')
  const tools = files(join(top, 'infrastructure'), '.kt')
  holds(tools.get('UUIDAdapter'), 'uuid.toString()', 'UUIDAdapter')
  holds(tools.get('LocalDateAdapter'), 'DateTimeFormatter.ISO_LOCAL_DATE.format(value)', 'LocalDateAdapter')
  holds(tools.get('OffsetDateTimeAdapter'), 'DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(value)', 'OffsetDateTimeAdapter')
  const sent = table(
    joined(files(join(top, 'apis'), '.kt')),
    /fun (\w+)RequestConfig\([^\n]*\{(.*?)\n    \}\n/gs,
    {
      method: /RequestMethod\.(\w+)/,
      path: /path = "([^"]+)"/,
      accept: /Headers\["Accept"\] = "([^"]+)"/,
      contentType: /Headers\["Content-Type"\] = "([^"]+)"/,
    },
  )
  const models = new Map<string, Model>()
  for (const [name, text] of files(join(top, 'models'), '.kt')) {
    const members = text.slice(text.indexOf('data class')).matchAll(/@Json\(name = "(\w+)"\)\s+val \w+: [^\n=]+?( = [^\n]+)?,?\n/g)
    models.set(name, { required: [...members].filter(([, , or]) => !or).map(([, member = '']) => member), text })
  }
  return { sent, models }
}

export function swift(folder: string) {
  const top = join(folder, 'Sources/OpenAPIClient')
  const tools = files(join(top, 'Infrastructure'), '.swift')
  const dates = tools.get('OpenISO8601DateFormatter')
  holds(dates, `dateFormat = "yyyy-MM-dd'T'HH:mm:ss.SSSZZZZZ"`, 'OpenISO8601DateFormatter')
  holds(dates, 'timeZone = TimeZone(secondsFromGMT: 0)', 'OpenISO8601DateFormatter')
  holds(tools.get('CodableHelper'), 'outputFormatting = .prettyPrinted', 'CodableHelper')
  const sent = table(
    joined(files(join(top, 'APIs'), '.swift')),
    /class func (\w+)WithRequestBuilder\([^\n]*\{(.*?)\n    \}\n/gs,
    {
      method: /init\(method: "(\w+)"/,
      path: /localVariablePath = "([^"]+)"/,
      accept: NOTHING,
      contentType: /"Content-Type": "([^"]+)"/,
    },
  )
  const models = new Map<string, Model>()
  for (const [name, text] of files(join(top, 'Models'), '.swift')) {
    const parameters = /public init\((.*)\) \{/.exec(text)?.[1]?.split(', ') ?? []
    const required = parameters.filter((one) => !one.includes(' = ')).map((one) => snake(one.split(':')[0] ?? ''))
    models.set(name, { required, text })
  }
  return { sent, models }
}

export function dart(folder: string) {
  const top = join(folder, 'lib')
  holds(files(top, '.dart').get('api'), "_dateFormatter = DateFormat('yyyy-MM-dd')", 'api.dart')
  holds(files(top, '.dart').get('api_helper'), 'return value.toUtc().toIso8601String()', 'api_helper.dart')
  const sent = table(
    joined(files(join(top, 'api'), '.dart')),
    /Future<Response> (\w+)WithHttpInfo\([^\n]*\{(.*?)\n  \}\n/gs,
    {
      method: /invokeAPI\(\s*path,\s*'(\w+)'/,
      path: /final path = r'([^']+)'/,
      accept: NOTHING,
      contentType: /contentTypes = <String>\['([^']+)'/,
    },
  )
  const models = new Map<string, Model>()
  for (const [name, text] of files(join(top, 'model'), '.dart')) {
    const required = [...text.matchAll(/required this\.(\w+)/g)].map(([, member = '']) => snake(member))
    models.set(camel(`_${name}`), { required, text })
  }
  return { sent, models }
}

/** Every operation has its function, with the method and the path of the document. */
export function isWhole(language: string, sent: Table, judge: Judge) {
  for (const { id, method, path } of judge.operations) {
    const found = sent.get(id)
    equal([found?.method.toLowerCase(), found?.path], [method, path], `${language}: ${id}`)
  }
}

/** A constructor demands what a person says, and nothing that the server makes. */
export function demandsWhatIsSaid(language: string, models: Map<string, Model>, judge: Judge) {
  for (const [name, required] of judge.bodies()) {
    const model = models.get(name)
    if (!model) throw new Error(`${language} has no class ${name}`)
    equal(model.required.toSorted(), required.toSorted(), `${language}: what the constructor of ${name} demands`)
    const made = ['id', 'version', 'etag', 'created_at', 'updated_at', 'received_at']
    const own = model.required.filter((member) => made.includes(member))
    equal(own, [], `${language}: what the server makes is demanded by ${name}`)
  }
}

/** With the option that our page recommends, days in Swift are no instants. */
export function hasDays(models: Map<string, Model>) {
  holds(models.get('JournalEntry')?.text, 'journalDate: OpenAPIDateWithoutTime', 'JournalEntry')
}

/** No answer can break an app: where a value is an enumeration, it has a place for what is new. */
export function toleratesWhatIsNew(language: string, models: Map<string, Model>) {
  for (const [name, { text }] of models) {
    const enumeration = /enum class \w+\(|enum (?!CodingKeys)\w+: (String|Int), |static const values = </.test(text)
    if (enumeration && !/unknown_?default_?open_?api/i.test(text)) {
      throw new Error(`${language}: ${name} is an enumeration that refuses what it does not know`)
    }
  }
}
