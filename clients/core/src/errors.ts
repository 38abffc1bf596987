// What can go wrong, as values an app can tell apart.

import type { PushResult } from './wire.js'

/** An answer that is no success, or no answer at all. */
export class SyncError extends Error {
  override readonly name: string = 'SyncError'
  /** Of a push in several requests: what became of those before. */
  partial?: PushResult
  constructor(
    message: string,
    /** The HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** The problem's code; empty when there is none. */
    readonly code: string,
    /** The problem as the server described it. */
    readonly problem: Record<string, unknown>,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }

  /** Must the device sync from the start? Why is in `problem.reason`. */
  get resync(): boolean {
    return this.status === 410 && this.code === 'resync_required'
  }

  /** Did the request name another account's database? */
  get otherAccount(): boolean {
    return this.status === 409 && this.code === 'other_account'
  }

  /** Must the person sign in again? */
  get signedOut(): boolean {
    return this.status === 401
  }
}

/**
 * The database belongs to another account than the one that is signed in. Nothing was read and nothing
 * was sent. What is not sent yet waits for its owner, until the app calls `wipe`.
 */
export class OtherAccountError extends Error {
  override readonly name = 'OtherAccountError'
  constructor(
    /** The account whose database it is. */
    readonly owner: string,
    /** The account that is signed in, where it is known. */
    readonly signedIn: string | null,
    /** Records of the owner that are still to be sent. */
    readonly unsent: number,
  ) {
    super(`The database belongs to another account; ${unsent} records of it are not sent yet.`)
  }
}

/**
 * The database is of before databases had owners, and holds records that the server does not know in the
 * journal of the account that is signed in. Nothing was read and nothing was sent.
 */
export class UnboundError extends Error {
  override readonly name = 'UnboundError'
  constructor(
    /** The account that is signed in. */
    readonly signedIn: string,
    /** Records that count as sent and that the server does not know. */
    readonly unknown: number,
    /** Records that are still to be sent. */
    readonly unsent: number,
  ) {
    super(`The database may be another account's: the server does not know ${unknown} of its records.`)
  }
}
