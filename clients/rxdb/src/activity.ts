// Many collections replicate at once; people see one sync.

import type { Monitor } from '@pain-journal/sync-core'

/** Tells a monitor when the first request of many begins and when the last one ends. */
export class Activity {
  private static readonly all = new WeakMap<Monitor, Activity>()
  private running = 0
  private error: { caught: unknown } | undefined

  private constructor(private readonly monitor: Monitor) {}

  static of(monitor: Monitor): Activity {
    let activity = Activity.all.get(monitor)
    if (!activity) Activity.all.set(monitor, (activity = new Activity(monitor)))
    return activity
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.running++ === 0) {
      this.error = undefined
      this.monitor.started()
    }
    try {
      return await work()
    } catch (caught) {
      this.error = { caught }
      throw caught
    } finally {
      if (--this.running === 0) {
        if (this.error) this.monitor.failed(this.error.caught)
        else this.monitor.finished()
      }
    }
  }
}
