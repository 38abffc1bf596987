// Whoever works on a database waits for whoever does.

import type { Database } from '@nozbe/watermelondb'

interface Line {
  tail: Promise<unknown>
  /** The shared piece of work that has not begun yet. */
  next?: Promise<void> | undefined
}

const lines = new WeakMap<Database, Line>()

function lineOf(database: Database): Line {
  let line = lines.get(database)
  if (!line) lines.set(database, (line = { tail: Promise.resolve() }))
  return line
}

/** Works after everything that was asked for before. */
export function inTurn<T>(database: Database, work: () => Promise<T>): Promise<T> {
  const line = lineOf(database)
  const turn = line.tail.then(work)
  line.tail = turn.catch(() => undefined)
  return turn
}

/** Works in turn; who asks again before it has begun shares it. */
export function shared(database: Database, work: () => Promise<void>): Promise<void> {
  const line = lineOf(database)
  line.next ??= inTurn(database, () => {
    line.next = undefined
    return work()
  })
  return line.next
}
