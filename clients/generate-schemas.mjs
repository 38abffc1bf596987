// Writes the typed schemas of the client libraries from the server's OpenAPI document, so that a
// field exists in one place only.
//
//   cargo run -- openapi > openapi.json
//   node clients/generate-schemas.mjs openapi.json            writes the files
//   node clients/generate-schemas.mjs --check openapi.json    fails when they are not current
//
// Without a file name the document is read from standard input.

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const options = process.argv.slice(2)
const check = options.includes('--check')
const source = options.find((option) => !option.startsWith('--'))
const { components } = JSON.parse(readFileSync(source ?? 0, 'utf8'))
const schemas = components.schemas

const nameOf = (schema) => schema.$ref?.split('/').pop()
const resolve = (schema) => (schema.$ref ? resolve(schemas[nameOf(schema)]) : schema)
const script = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean' }
const comment = (text, indent) => {
  const line = (text ?? '').replace(/\s+/g, ' ').replaceAll('*/', '* /').trim()
  return line ? `${indent}/** ${line} */\n` : ''
}
/** What a member is where it is not null. */
const present = (schema) => schema.oneOf?.find((one) => one.type !== 'null') ?? schema
/** Moments of rows: one schema for all of them, which says nothing of the single one. */
const moments = new Set(['Milliseconds', 'MillisecondsOrNull'])
const typesOf = (schema) => [resolve(schema).type].flat()

/** The members of a record: of all the parts that its schema is put together of. */
const membersOf = ({ allOf, properties }) =>
  allOf ? Object.assign({}, ...allOf.map((part) => membersOf(resolve(part)))) : properties

/** Vocabularies and the items of lists that rows use, by name. */
const used = new Map()

/** The type of a member that is more than a plain value: a vocabulary, or a list as JSON text. */
function wordsOf(member) {
  const schema = present(member)
  if (typesOf(schema).includes('array')) return `JsonList<${typed(schema.items)}>`
  return resolve(schema)['x-vocabulary'] ? typed(schema) : undefined
}

/** The type of a value inside a list, as in the REST API. */
function typed(member) {
  const schema = present(member)
  const name = nameOf(schema)
  const { properties, 'x-vocabulary': vocabulary } = resolve(schema)
  if (name && (vocabulary || properties)) {
    if (!used.has(name)) {
      used.set(name, undefined)
      used.set(name, vocabulary ? codes(name) : item(name))
    }
    return name
  }
  if (typesOf(schema).includes('array')) return `${typed(schema.items)}[]`
  const [plain] = typesOf(schema).filter((type) => type !== 'null')
  if (!(plain in script)) throw new Error(`No type for ${JSON.stringify(member)}`)
  return script[plain]
}

const nullable = (member) => (member.oneOf ?? []).some((one) => one.type === 'null') || typesOf(present(member)).includes('null')

/** A vocabulary: its codes, and whatever code a newer server may know. */
function codes(name) {
  const { description, examples } = schemas[name]
  const about = description.replace(/ The examples are all codes\..*$/s, '')
  const all = examples.map((code) => `\n  | '${code}'`).join('')
  return `${comment(`${about} Read one you do not know as "other".`, '')}export type ${name} =${all}\n  | (string & {})\n`
}

/** An item of a list. */
function item(name) {
  const { description, properties, required = [] } = schemas[name]
  let out = `${comment(description, '')}export type ${name} = {\n`
  for (const [field, member] of Object.entries(properties)) {
    out += comment(member.description, '  ')
    out += `  ${field}${required.includes(field) ? '' : '?'}: ${typed(member)}${nullable(member) ? ' | null' : ''}\n`
  }
  return `${out}}\n`
}

/** The collections of a page, each with its name and the schema of its rows. */
const collections = Object.entries(schemas.SyncPage.properties.changes.properties).map(
  ([name, changes]) => {
    const row = resolve(changes).properties.updated.items.$ref.split('/').pop()
    // What a field means is told where the record is described.
    const record = membersOf(schemas[row.replace(/Row$/, '')])
    const told = (field) => {
      const member = record[field]
      const types = member ? typesOf(member) : []
      const form = resolve(member ?? {}).format === 'date-time' ? ' Milliseconds since 1970.' : types.includes('array') ? ' A list, as JSON text.' : ''
      return member?.description ? member.description + form : undefined
    }
    const required = schemas[`${row.replace(/Row$/, '')}Created`].required.filter((field) => field !== 'id')
    const fields = Object.entries(schemas[row].properties).map(([field, schema]) => {
      const types = typesOf(schema)
      const plain = types.filter((type) => type !== 'null')
      if (plain.length !== 1 || !['string', 'integer', 'number', 'boolean'].includes(plain[0])) {
        throw new Error(`${row}.${field} is not flat: ${types}`)
      }
      const words = record[field] && wordsOf(record[field])
      return { name: field, type: plain[0], words, nullable: types.includes('null'), about: moments.has(nameOf(schema)) ? told(field) : (resolve(schema).description ?? told(field)) }
    })
    // The document sorts the names; the required list keeps the order of the definition.
    const order = schemas[row].required
    fields.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
    return { name, row, about: schemas[row].description, fields, required }
  },
)

const head = '// Generated by clients/generate-schemas.mjs from the OpenAPI document. Do not edit.\n\n'
const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())

/** The names that rows use themselves. */
function listed() {
  const text = collections.flatMap(({ fields }) => fields.map(({ words }) => words ?? '')).join(' ')
  return [...used.keys()].filter((name) => new RegExp(`\\b${name}\\b`).test(text)).sort()
}

function vocabularies() {
  const all = [...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
  return head + all.join('\n')
}

function rows() {
  let out = `${head}import type { ${[...listed()].join(', ')} } from './vocabularies.js'\nimport type { JsonList } from './wire.js'\n\n`
  for (const { row, about, fields } of collections) {
    out += `${comment(about, '')}export type ${row} = {\n`
    for (const field of fields) {
      out += comment(field.about, '  ')
      out += `  ${field.name}: ${field.words ?? script[field.type]}${field.nullable ? ' | null' : ''}\n`
    }
    out += '}\n\n'
  }
  out += '/** The rows of each collection. */\nexport interface Rows {\n'
  for (const { name, row } of collections) out += `  ${name}: ${row}\n`
  out += '}\n\n/** What a new record must have, besides its id. */\nexport interface NewFields {\n'
  for (const { name, required } of collections) out += `  ${name}: ${required.map((field) => `'${field}'`).join(' | ') || 'never'}\n`
  out += '}\n\n/** The fields of each collection, as they travel. */\nexport const FIELDS = {\n'
  for (const { name, fields } of collections) {
    out += `  ${name}: [\n${fields.map((field) => `    '${field.name}',\n`).join('')}  ],\n`
  }
  return `${out}} as const satisfies { [C in keyof Rows]: readonly (keyof Rows[C])[] }\n`
}

function watermelon() {
  let out = `${head}import { tableSchema } from '@nozbe/watermelondb/Schema/index.js'\n\n`
  for (const { name, fields } of collections) {
    out += `/** The table \`${name}\`. What is not answered is null, never zero. */\n`
    out += `export const ${camel(name)}Table = tableSchema({\n  name: '${name}',\n  columns: [\n`
    for (const { name: column, type } of fields.filter((field) => field.name !== 'id')) {
      const kind = script[type]
      // WatermelonDB wants its own two times without it.
      const optional = ['created_at', 'updated_at'].includes(column) ? '' : ', isOptional: true'
      out += `    { name: '${column}', type: '${kind}'${optional} },\n`
    }
    out += '  ],\n})\n\n'
  }
  const tables = collections.map(({ name }) => `${camel(name)}Table`).join(', ')
  return `${out}/** All synced tables, for the app's \`appSchema\`. */\nexport const syncedTables = [${tables}]\n`
}

function rxdb() {
  let out = `${head}import type { Rows } from '@pain-journal/sync-core'\nimport type { RxJsonSchema } from 'rxdb'\n\n`
  out += '/** A value as RxDB hands it out. Codes and lists are plain strings: its read-only copies would break them. */\n'
  out += 'type Stored<T> = T extends string ? string : T\n\n'
  out += '/** A document: the id, and what has been filled in. */\n'
  out += "export type Document<C extends keyof Rows> = { id: string } & { [F in Exclude<keyof Rows[C], 'id'>]?: Stored<Rows[C][F]> }\n\n"
  for (const { name, fields } of collections) {
    out += `/** The schema of \`${name}\`. Types only: an older app must be able to keep what a newer server allows. */\n`
    out += `export const ${camel(name)}Schema: RxJsonSchema<Document<'${name}'>> = {\n`
    out += "  version: 0,\n  primaryKey: 'id',\n  type: 'object',\n  properties: {\n"
    for (const field of fields) {
      const type = field.type === 'integer' ? 'number' : field.type
      const types = field.nullable ? `['${type}', 'null']` : `'${type}'`
      out += `    ${field.name}: { type: ${types}${field.name === 'id' ? ', maxLength: 36' : ''} },\n`
    }
    out += "  },\n  required: ['id'],\n}\n\n"
  }
  out += "/** The collections, for `database.addCollections`. */\nexport const syncedCollections = {\n"
  for (const { name } of collections) out += `  ${name}: { schema: ${camel(name)}Schema },\n`
  return `${out}}\n`
}

const files = { 'core/src/rows.ts': rows(), 'core/src/vocabularies.ts': vocabularies(), 'watermelondb/src/schema.ts': watermelon(), 'rxdb/src/schema.ts': rxdb() }
const stale = []
for (const [file, text] of Object.entries(files)) {
  const path = join(here, file)
  if (check) {
    let present = ''
    try {
      present = readFileSync(path, 'utf8')
    } catch {
      // Missing is not current.
    }
    if (present !== text) stale.push(file)
  } else {
    writeFileSync(path, text)
  }
}
if (stale.length) {
  console.error(`Not current: ${stale.join(', ')}. Run: script/generate`)
  process.exit(1)
}
