// The generated client, with the judge listening to what it sends and is answered.

import createClient, { type Client } from 'openapi-fetch'
import type { Dress } from './dress.js'
import type { Judge } from './judge.js'
import type { paths } from './schema.js'

export type Api = Client<paths>

/** What the story needs: clients, the place of the mails, and how to say what was done. */
export type Stage = { anybody: Api; signedIn: (token: () => string) => Api; outbox: string }

/** An answer as openapi-fetch gives it. */
export type Answer<T> = { data?: T; error?: unknown; response: Response }

export function stage(base: string, outbox: string, judge: Judge, dress: Dress): Stage {
  const client = (token?: () => string): Api => {
    const api = createClient<paths>({ baseUrl: base })
    api.use({
      async onRequest({ request, schemaPath }) {
        const operation = judge.operation(request.method, schemaPath)
        if (token) request.headers.set('Authorization', `Bearer ${token()}`)
        judge.request(operation, (await request.clone().text()) || undefined)
        return dress(request, operation)
      },
      async onResponse({ request, response, schemaPath }) {
        await judge.answer(judge.operation(request.method, schemaPath), response)
      },
    })
    return api
  }
  return { anybody: client(), signedIn: client, outbox }
}

/** What was answered, where it was answered with this status. */
export async function answered<T>(status: number, answer: Promise<Answer<T>>): Promise<{ data: T; response: Response }> {
  const { data, error, response } = await answer
  if (response.status !== status) {
    throw new Error(`${response.url}: ${response.status} instead of ${status}: ${JSON.stringify(error ?? data)}`)
  }
  return { data: data as T, response }
}

/** The document of an answer of 200. */
export const got = async <T>(answer: Promise<Answer<T>>) => (await answered(200, answer)).data

/** The entity tag of an answer. */
export function tag(response: Response): string {
  const found = response.headers.get('etag')
  if (!found) throw new Error(`${response.url} has no ETag`)
  return found
}

export function equal<T>(found: T, expected: T, what: string) {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`)
  }
}
