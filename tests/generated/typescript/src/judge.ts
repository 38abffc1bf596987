// The document as the judge: is every answer one that the operation names, and was every operation
// called? Bodies are held against the schemas by Ajv, which knows nothing of this server.

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
type Node = { [name: string]: Json }

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options']

/** One operation of the document. */
export type Operation = { id: string; method: string; path: string; description: Node }

export const isNode = (value: Json | undefined): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export class Judge {
  readonly operations: Operation[] = []
  readonly #document: Node
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true })
  readonly #known = new Map<string, ValidateFunction>()
  readonly #answered = new Map<string, Set<number>>()

  constructor(document: unknown) {
    this.#document = structuredClone(document) as Node
    for (const [path, item] of Object.entries(this.#node('paths'))) {
      for (const [method, description] of Object.entries(item as Node)) {
        if (!METHODS.includes(method) || !isNode(description)) continue
        this.operations.push({ id: String(description['operationId']), method, path, description })
      }
    }
    // What an answer has and the document has not is a fault of the document.
    this.#close(this.#document['components'], this.#composed())
    ;(formats as unknown as typeof formats.default)(this.#ajv)
    for (const format of ['int32', 'int64', 'double', 'password', 'binary']) this.#ajv.addFormat(format, true)
    this.#ajv.addSchema(this.#document, 'document')
  }

  /** The operation behind a path of the document. */
  operation(method: string, path: string): Operation {
    const found = this.operations.find((one) => one.method === method.toLowerCase() && one.path === path)
    if (!found) throw new Error(`${method} ${path} is not in the document`)
    return found
  }

  /** Throws where the document does not allow this request body. */
  request(operation: Operation, body: string | undefined) {
    const description = this.#resolve(operation.description['requestBody'])
    if (!description) {
      if (body) throw new Error(`${operation.id} takes no body`)
      return
    }
    const place = this.#media(description, 'application/json')
    if (body === undefined || !place) throw new Error(`${operation.id} was sent no body`)
    this.#fits(JSON.parse(body), place, `the request of ${operation.id}`)
  }

  /** Throws where the document does not allow this answer, and counts it where it does. */
  async answer(operation: Operation, response: Response) {
    const status = response.status
    const media = response.headers.get('content-type')?.split(';')[0]?.trim()
    const what = `${operation.id} → ${status} ${media ?? ''}`
    const described = this.#resolve((operation.description['responses'] as Node)[String(status)])
    if (!described) throw new Error(`${what}: this status is not documented\n${await response.clone().text()}`)
    if (!response.headers.get('x-request-id')) throw new Error(`${what}: no request id`)
    for (const [name, header] of Object.entries((described['headers'] ?? {}) as Node)) {
      const required = this.#resolve(header)?.['required'] === true
      if (required && !response.headers.has(name)) throw new Error(`${what}: no header ${name}`)
    }
    if (isNode(described['content'])) {
      const place = media && this.#media(described, media)
      if (!place) throw new Error(`${what}: this media type is not documented`)
      if (media.endsWith('json')) this.#fits(await response.clone().json(), place, what)
    } else if (media !== undefined) {
      throw new Error(`${what}: a body where none is documented`)
    }
    const answered = this.#answered.get(operation.id) ?? new Set()
    this.#answered.set(operation.id, answered.add(status))
  }

  /** Throws where an operation has not been answered with success. */
  everything() {
    const missed = this.operations
      .filter(({ id }) => ![...(this.#answered.get(id) ?? [])].some((status) => status < 300))
      .map(({ id }) => id)
    if (missed.length > 0) throw new Error(`never called with success: ${missed.join(', ')}`)
    const statuses = [...this.#answered.values()].reduce((sum, one) => sum + one.size, 0)
    return `${this.operations.length} operations, ${statuses} different answers`
  }

  /** The schemas of request bodies that have a name, with the members that a request must have. */
  bodies(): Map<string, string[]> {
    const found = new Map<string, string[]>()
    for (const { description } of this.operations) {
      const body = this.#resolve(description['requestBody'])
      const schema = body && this.#media(body, 'application/json')
      const name = isNode(schema) ? schema['$ref'] : undefined
      if (typeof name !== 'string' || schema === undefined) continue
      found.set(name.slice(name.lastIndexOf('/') + 1), this.#parts(this.#resolve(schema)).flatMap((part) => (part['required'] ?? []) as string[]))
    }
    return found
  }

  /** A request body with every member that its schema knows, null where it has no value. */
  withEveryMember(operation: Operation, body: Json): Json {
    const description = this.#resolve(operation.description['requestBody'])
    const schema = description && this.#media(description, 'application/json')
    return schema === undefined ? body : this.#filled(body, schema)
  }

  #filled(value: Json, schema: Json): Json {
    const described = this.#resolve(schema)
    if (!described) return value
    if (Array.isArray(value)) return value.map((item) => this.#filled(item, described['items'] ?? null))
    if (!isNode(value)) return value
    const members = Object.assign({}, ...this.#parts(described).map((part) => part['properties'] ?? {})) as Node
    const filled = Object.entries(members).map(([name, member]) => [name, this.#filled(value[name] ?? null, member)])
    return { ...value, ...(Object.fromEntries(filled) as Node) }
  }

  /** What a schema is put together of. */
  #parts(schema: Node | undefined): Node[] {
    if (!schema) return []
    const all = schema['allOf']
    return Array.isArray(all) ? [schema, ...all.flatMap((part) => this.#parts(this.#resolve(part)))] : [schema]
  }

  #node(name: string): Node {
    const node = this.#document[name]
    if (!isNode(node)) throw new Error(`the document has no ${name}`)
    return node
  }

  #resolve(value: Json | undefined): Node | undefined {
    if (!isNode(value)) return undefined
    const reference = value['$ref']
    if (typeof reference !== 'string') return value
    let target: Json | undefined = this.#document
    for (const part of reference.split('/').slice(1)) {
      const name: string = part.replaceAll('~1', '/').replaceAll('~0', '~')
      target = isNode(target) ? target[name] : undefined
    }
    return this.#resolve(target)
  }

  /** The schema of a media type. */
  #media(described: Node, media: string): Json | undefined {
    const content = described['content']
    const found = isNode(content) ? content[media] : undefined
    return isNode(found) ? found['schema'] : undefined
  }

  #fits(value: unknown, schema: Json, what: string) {
    const key = JSON.stringify(schema)
    let fits = this.#known.get(key)
    if (!fits) {
      fits = this.#ajv.compile(JSON.parse(key.replaceAll('"$ref":"#/', '"$ref":"document#/')) as object)
      this.#known.set(key, fits)
    }
    if (!fits(value)) throw new Error(`${what}: ${JSON.stringify(fits.errors, null, 1)}`)
  }

  /** Forbids members that are not described, in every object that describes its members. */
  #close(value: Json | undefined, parts: Set<Node>) {
    if (Array.isArray(value)) return value.forEach((inner) => this.#close(inner, parts))
    if (!isNode(value)) return
    const open = 'additionalProperties' in value || 'allOf' in value || parts.has(value)
    if (value['type'] === 'object' && isNode(value['properties']) && !open) value['additionalProperties'] = false
    if (Array.isArray(value['allOf']) && value['allOf'].length > 1) value['unevaluatedProperties'] = false
    Object.values(value).forEach((inner) => this.#close(inner, parts))
  }

  /** The schemas that others are put together of: each knows only its own members. */
  #composed(): Set<Node> {
    const schemas = Object.values(this.#node('components')['schemas'] as Node).filter(isNode)
    const all = schemas.flatMap((schema) => (Array.isArray(schema['allOf']) ? schema['allOf'] : []))
    return new Set(all.map((part) => this.#resolve(part)).filter((part) => part !== undefined))
  }
}
