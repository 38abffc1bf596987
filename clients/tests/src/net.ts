// A network that loses, repeats and delays what it is told to.

type Step = (request: () => Promise<Response>) => Promise<Response>

const lost = (): never => {
  throw new TypeError('the connection broke')
}

const pause = (time: number): Promise<void> => new Promise((done) => setTimeout(done, time))

/**
 * A bad network: requests and answers are lost, arrive late, twice at once, or once more when the app
 * has long gone on. `chance` gives numbers from 0 to 1.
 */
export const storm = (chance: () => number) => (): Step | undefined => {
  const [kind, delay] = [chance() * 100, chance() * 150]
  if (kind < 8) return async () => lost()
  if (kind < 18) {
    return async (request) => {
      await (await request()).text()
      return lost()
    }
  }
  if (kind < 24) {
    return async (request) => {
      const [first, second] = await Promise.all([request(), request()])
      await second.text()
      return first
    }
  }
  if (kind < 32) {
    return async (request) => {
      const late = async () => {
        await pause(10 * delay)
        await (await request()).text()
      }
      late().catch(() => undefined)
      return lost()
    }
  }
  if (kind < 50) {
    return async (request) => {
      await pause(delay)
      const answer = await request()
      await pause(delay / 2)
      return answer
    }
  }
  return undefined
}

/** One device's way to the server. */
export class Net {
  /** Records that were sent without what the device had seen of them: the answers name them. */
  static readonly blind: string[] = []
  /** Is the device offline? */
  offline = false
  /** How many requests were sent. */
  sent = 0
  /** The addresses that were asked for. */
  readonly asked: string[] = []
  /** What happens to requests nothing is planned for. */
  weather: ((method: string) => Step | undefined) | undefined
  /** What happens to each next request of a method; then the network is well again. */
  private readonly plans: { method: string; step: Step }[] = []

  readonly fetch: typeof fetch = async (input, init) => {
    if (this.offline) lost()
    const method = init?.method ?? 'GET'
    const request = async (): Promise<Response> => {
      this.sent++
      this.asked.push(String(input))
      const answer = await fetch(input, init)
      if (method === 'POST' && answer.ok && String(input).includes('/v1/sync?')) {
        const { missing_base: missing = {} } = (await answer.clone().json()) as { missing_base?: Record<string, string[]> }
        for (const [collection, ids] of Object.entries(missing)) Net.blind.push(...ids.map((id) => `${collection}/${id}`))
      }
      return answer
    }
    const index = this.plans.findIndex((plan) => plan.method === method)
    const [plan] = index < 0 ? [] : this.plans.splice(index, 1)
    const step = plan?.step ?? this.weather?.(method)
    return step ? step(request) : request()
  }

  /** Plans for the next request of this method. */
  next(method: 'GET' | 'POST', step: Step): void {
    this.plans.push({ method, step })
  }

  /** The next request is applied; its answer is lost. */
  loseAnswer(method: 'GET' | 'POST' = 'POST'): void {
    this.next(method, async (request) => {
      await (await request()).text()
      return lost()
    })
  }

  /** The next request never arrives. */
  loseRequest(method: 'GET' | 'POST' = 'POST'): void {
    this.next(method, async () => lost())
  }

  /** The next request arrives twice at once. */
  duplicate(method: 'GET' | 'POST' = 'POST'): void {
    this.next(method, async (request) => {
      const [first, second] = await Promise.all([request(), request()])
      await second.text()
      return first
    })
  }

  /** Something happens between the server's answer and its arrival. */
  beforeArrival(method: 'GET' | 'POST', happens: () => Promise<unknown>): void {
    this.next(method, async (request) => {
      const answer = await request()
      await happens()
      return answer
    })
  }

  /** Something happens before the request is sent. */
  beforeSending(method: 'GET' | 'POST', happens: () => Promise<unknown>): void {
    this.next(method, async (request) => {
      await happens()
      return request()
    })
  }
}
