// When to sync: at the start, when the app comes to the front, when the network is back, a moment after a
// change, and now and then. What the platform knows of these is handed in.

/** What the platform tells. Every `on…` answers how to stop listening. */
export interface Environment {
  /** The app came to the front. */
  onFocus?(told: () => void): () => void
  /** The network is back. */
  onOnline?(told: () => void): () => void
  /** Is there a network? Yes unless said otherwise. */
  isOnline?(): boolean
  /** Milliseconds that go by, from anywhere. */
  now(): number
  setTimeout(work: () => void, time: number): unknown
  clearTimeout(timer: never): void
}

/** When to sync, in milliseconds. */
export interface SchedulerOptions {
  /** Syncs once. */
  sync: () => Promise<unknown>
  environment: Environment
  /** From the last of many changes to the sync; 2 seconds unless said otherwise. */
  debounce?: number
  /** The longest a change waits while others follow it; 15 seconds unless said otherwise. */
  longest?: number
  /** From one sync to the next when nothing happens; 15 minutes unless said otherwise. */
  interval?: number
  /** From a failure to the next try; doubles up to `interval`. 5 seconds unless said otherwise. */
  retry?: number
  /** Called with what a sync failed with. */
  onError?: (error: unknown) => void
}

const DEFAULTS = { debounce: 2000, longest: 15_000, interval: 900_000, retry: 5000 }

/** Calls `sync`, never twice at once. */
export class Scheduler {
  private readonly times: typeof DEFAULTS
  private timer: unknown
  private firstChange: number | undefined
  private running = false
  private again = false
  private failures = 0
  private stops: (() => void)[] | undefined

  constructor(private readonly options: SchedulerOptions) {
    const { debounce, longest, interval, retry } = { ...DEFAULTS, ...options }
    this.times = { debounce, longest, interval, retry }
  }

  /** Begins, with a sync. */
  start(): void {
    if (this.stops) return
    const { environment } = this.options
    const now = (): void => this.now()
    this.stops = [environment.onFocus?.(now), environment.onOnline?.(now)].filter((stop) => stop !== undefined)
    this.now()
  }

  /** Ends. A sync that is under way goes on. */
  stop(): void {
    for (const stop of this.stops ?? []) stop()
    this.stops = undefined
    this.again = false
    this.clear()
  }

  /** Something was changed here: syncs in a moment. */
  changed(): void {
    const now = this.options.environment.now()
    this.firstChange ??= now
    const rest = this.firstChange + this.times.longest - now
    this.plan(Math.max(0, Math.min(this.times.debounce, rest)))
  }

  /** Syncs now, or once more when the sync that is under way is over. */
  now(): void {
    if (!this.stops) return
    this.clear()
    if (this.running) this.again = true
    else if (this.options.environment.isOnline?.() === false) this.plan(this.times.interval)
    else void this.run()
  }

  private async run(): Promise<void> {
    this.running = true
    this.firstChange = undefined
    try {
      await this.options.sync()
      this.failures = 0
    } catch (error) {
      this.failures++
      this.options.onError?.(error)
    }
    this.running = false
    if (this.again) {
      this.again = false
      this.now()
    } else if (this.timer === undefined) {
      // What was changed meanwhile has planned an earlier one.
      const { interval, retry } = this.times
      this.plan(this.failures ? Math.min(interval, retry * 2 ** Math.min(this.failures - 1, 20)) : interval)
    }
  }

  private plan(wait: number): void {
    if (!this.stops) return
    this.clear()
    this.timer = this.options.environment.setTimeout(() => {
      this.timer = undefined
      this.now()
    }, wait)
  }

  private clear(): void {
    if (this.timer !== undefined) this.options.environment.clearTimeout(this.timer as never)
    this.timer = undefined
  }
}

/** What a browser tells. React Native's `AppState` and NetInfo are handed in likewise. */
export function browserEnvironment(): Environment {
  const listen = (target: EventTarget, event: string, told: () => void): (() => void) => {
    target.addEventListener(event, told)
    return () => target.removeEventListener(event, told)
  }
  return {
    onFocus: (told) => listen(document, 'visibilitychange', () => document.visibilityState === 'visible' && told()),
    onOnline: (told) => listen(window, 'online', told),
    isOnline: () => navigator.onLine,
    now: () => performance.now(),
    setTimeout: (work, time) => setTimeout(work, time),
    clearTimeout: (timer) => clearTimeout(timer),
  }
}
