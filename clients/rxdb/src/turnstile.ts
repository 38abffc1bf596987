// Keeps pulls and pushes apart. RxDB (17.6) drops a pulled state of a document whose push is not yet
// answered and noted down, and moves its checkpoint on all the same: the device would keep an old
// copy for ever. So no pull is asked while a push is under way, and none just after.

const pause = (time: number): Promise<void> => new Promise((done) => setTimeout(done, time))

export class Turnstile {
  private pushes = 0
  private lastPush = 0
  private pulling: Promise<unknown> = Promise.resolve()

  /** `settle`: how long an answered push still counts, in milliseconds. */
  constructor(private readonly settle: number) {}

  /** Runs a push: beside others, and after the pull that is under way. */
  async together<T>(push: () => Promise<T>): Promise<T> {
    this.pushes++
    try {
      await this.pulling
      return await push()
    } finally {
      this.pushes--
      this.lastPush = Date.now()
    }
  }

  /** Runs a pull once no push is under way or just over. */
  async alone<T>(pull: () => Promise<T>): Promise<T> {
    for (;;) {
      await this.pulling
      const rest = this.lastPush + this.settle - Date.now()
      if (this.pushes === 0 && rest <= 0) break
      // A clock that was set back must not hold pulls up.
      await pause(Math.min(Math.max(rest, 20), this.settle + 20))
      if (rest > this.settle) this.lastPush = 0
    }
    const running = pull()
    this.pulling = running.catch(() => undefined)
    return running
  }
}
