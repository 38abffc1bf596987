// A signed-in device: its tokens, and how they are renewed. The app brings the place to keep them.

import { SyncError } from './errors.js'
import { once } from './http.js'
import { uuidv7 } from './ids.js'

/** What is kept of a sign-in. Belongs into the system's key store. */
export interface StoredSession {
  account: string
  device: string
  accessToken: string
  /** When the access token ends, by this device's clock, in milliseconds since 1970. */
  accessEnds: number
  /** Always the newest one. */
  refreshToken: string
}

/** Where a session is kept. */
export interface SessionStorage {
  load(): Promise<StoredSession | null>
  /** Must have been written when it resolves; null forgets it. */
  save(session: StoredSession | null): Promise<void>
}

/** What the device tells of itself. */
export interface DeviceInfo {
  name?: string
  platform?: string
  app_version?: string
  /** A random id, made when the app was installed and kept over sign-ins: it stays the same device. */
  installation_id?: string
}

/** How to sign in. */
export interface SessionOptions {
  baseUrl: string
  storage: SessionStorage
  device: DeviceInfo
  /** Another `fetch`. */
  fetch?: typeof fetch
  /** How long an attempt may take, in milliseconds. */
  timeout?: number
  /** The time, in milliseconds since 1970. */
  now?: () => number
  /** Called when the device has been signed out by the server. */
  onSignedOut?: () => void
}

interface TokenSet {
  access_token: string
  expires_in: number
  refresh_token: string
  device_id: string
}

/** An access token is renewed this long before it ends, in milliseconds. */
const EARLY = 30_000
/** Requests that were sent before a refresh are refused within this time, in milliseconds. */
const MOMENT = 5000

/** A signed-in device. */
export class Session {
  private current: StoredSession | null | undefined
  private refreshing: Promise<StoredSession> | undefined
  private renewedAt = -Infinity

  constructor(private readonly options: SessionOptions) {}

  /** An id for `installation_id`, to be made once and kept. */
  static installationId(): string {
    return uuidv7()
  }

  /** The account that is signed in; null when none is. */
  async account(): Promise<string | null> {
    return (await this.load())?.account ?? null
  }

  /** Signs this device in. */
  async signIn(email: string, password: string): Promise<string> {
    const content = { email, password, device: this.options.device }
    const answer = (await this.ask('/v1/auth/login', { content })) as { status: string; tokens: TokenSet | null }
    if (!answer.tokens) throw new SyncError(`This app cannot finish the sign-in: ${answer.status}.`, 200, answer.status, {})
    return this.begin(answer.tokens)
  }

  /** Takes the tokens of a sign-in that was made otherwise: a proved registration. */
  async begin(tokens: TokenSet): Promise<string> {
    const me = (await this.ask('/v1/me', { token: tokens.access_token })) as { id: string }
    const session = this.kept(tokens, me.id)
    await this.keep(session)
    return session.account
  }

  /**
   * The access token, for `Api`. Renewed when it is about to end, or when `refused`. However many ask at
   * once, one refresh is sent; without an answer the same refresh token is sent again later, which the
   * server expects.
   */
  readonly token = async (refused = false): Promise<string> => {
    const session = await this.load()
    if (!session) throw signedOut()
    const fresh = session.accessEnds - EARLY > this.now()
    // One that was renewed a moment ago was not yet the one that was refused.
    const renewed = Math.abs(this.now() - this.renewedAt) < MOMENT
    return fresh && (!refused || renewed) ? session.accessToken : (await this.refresh(session)).accessToken
  }

  /**
   * Signs this device out; what is not sent stays in its database, and with its owner. Answers whether the
   * server knows of it. Without a network the tokens are forgotten all the same.
   */
  async signOut(): Promise<boolean> {
    let told = true
    try {
      await this.ask('/v1/auth/logout', { token: await this.token(), content: null })
    } catch (error) {
      // Signed out already is as good.
      told = error instanceof SyncError && error.signedOut
    }
    await this.keep(null)
    return told
  }

  private refresh(session: StoredSession): Promise<StoredSession> {
    this.refreshing ??= this.renew(session).finally(() => {
      this.refreshing = undefined
    })
    return this.refreshing
  }

  private async renew(session: StoredSession): Promise<StoredSession> {
    try {
      const tokens = (await this.ask('/v1/auth/refresh', { content: { refresh_token: session.refreshToken } })) as TokenSet
      const renewed = this.kept(tokens, session.account)
      // Signed out, or somebody else signed in, while the answer was on its way.
      if (this.current !== session) throw signedOut()
      // Kept before it is used: an app that is killed now has the newest one.
      await this.keep(renewed)
      this.renewedAt = this.now()
      return renewed
    } catch (error) {
      if (error instanceof SyncError && error.signedOut && this.current === session) {
        await this.keep(null)
        this.options.onSignedOut?.()
      }
      throw error
    }
  }

  private async load(): Promise<StoredSession | null> {
    if (this.current === undefined) {
      const loaded = await this.options.storage.load()
      // Somebody else may have loaded or signed in meanwhile.
      if (this.current === undefined) this.current = loaded
    }
    return this.current
  }

  private async keep(session: StoredSession | null): Promise<void> {
    await this.options.storage.save(session)
    this.current = session
  }

  private kept(tokens: TokenSet, account: string): StoredSession {
    return {
      account,
      device: tokens.device_id,
      accessToken: tokens.access_token,
      accessEnds: this.now() + 1000 * tokens.expires_in,
      refreshToken: tokens.refresh_token,
    }
  }

  private now(): number {
    return (this.options.now ?? Date.now)()
  }

  private async ask(path: string, { token, content }: { token?: string; content?: unknown }): Promise<unknown> {
    const headers: Record<string, string> = { accept: 'application/json' }
    if (token) headers['authorization'] = `Bearer ${token}`
    if (content) headers['content-type'] = 'application/json'
    const method = content === undefined ? 'GET' : 'POST'
    const outcome = await once(this.options, path, { method, headers, ...(content ? { body: JSON.stringify(content) } : {}) })
    if ('error' in outcome) throw outcome.error
    return outcome.answer
  }
}

const signedOut = (): SyncError => new SyncError('Nobody is signed in.', 401, 'signed_out', {})
