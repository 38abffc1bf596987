// Ids the device makes itself, so that a record has its name before the server has heard of it.

type Random = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array

function deviceRandom(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  const source = globalThis.crypto
  if (!source?.getRandomValues) {
    throw new Error('This platform has no crypto.getRandomValues; load a polyfill before the first record is made.')
  }
  return source.getRandomValues(bytes)
}

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

function stamp(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4)
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return hex(bytes)
}

/** A new id: random, and in the order of time. */
export function uuidv7(now: number = Date.now(), random: Random = deviceRandom): string {
  const bytes = new Uint8Array(16)
  random(bytes)
  for (let index = 0, rest = now; index < 6; index++) {
    bytes[5 - index] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return stamp(bytes, 7)
}

/**
 * The id of the one entry of a day: two devices that are offline on the same day make the same
 * record, and the server joins what was typed on both.
 *
 * `patient` is the id of the patient's account, `day` is `YYYY-MM-DD`.
 */
export function dayId(patient: string, collection: string, day: string): string {
  const space = patient.replaceAll('-', '').match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? []
  if (space.length !== 16) throw new Error('The patient must be named by the id of the account.')
  const name = new TextEncoder().encode(`${collection}:${day}`)
  return stamp(sha1(Uint8Array.from([...space, ...name])).slice(0, 16), 5)
}

/**
 * An id as the server keeps it. It reads UUIDs in any case, as Swift prints them in capitals, and
 * answers them in lower case: on the device they must be spelled like that, or one record is two.
 */
export function keptId(id: string): string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id.toLowerCase() : id
}

/** SHA-1 (RFC 3174): version 5 ids ask for it, and not every phone has it at hand. */
function sha1(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array((((message.length + 8) >> 6) + 1) << 6)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 4, message.length * 8)
  const roll = (word: number, by: number): number => (word << by) | (word >>> (32 - by))
  let [a0, b0, c0, d0, e0] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]
  const words = new Int32Array(80)
  const word = (index: number): number => words[index] ?? 0
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getInt32(block + i * 4)
    for (let i = 16; i < 80; i++) words[i] = roll(word(i - 3) ^ word(i - 8) ^ word(i - 14) ^ word(i - 16), 1)
    let [a, b, c, d, e] = [a0, b0, c0, d0, e0]
    for (let i = 0; i < 80; i++) {
      const [mix, constant] =
        i < 20 ? [(b & c) | (~b & d), 0x5a827999]
        : i < 40 ? [b ^ c ^ d, 0x6ed9eba1]
        : i < 60 ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
        : [b ^ c ^ d, 0xca62c1d6]
      const next = (roll(a, 5) + mix + e + constant + word(i)) | 0
      ;[e, d, c, b, a] = [d, c, roll(b, 30), a, next]
    }
    ;[a0, b0, c0, d0, e0] = [(a0 + a) | 0, (b0 + b) | 0, (c0 + c) | 0, (d0 + d) | 0, (e0 + e) | 0]
  }
  const digest = new Uint8Array(20)
  const out = new DataView(digest.buffer)
  ;[a0, b0, c0, d0, e0].forEach((part, index) => out.setInt32(index * 4, part))
  return digest
}
