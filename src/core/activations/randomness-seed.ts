import Long from 'long';

const MASK = (1n << 64n) - 1n;

interface State {
  v0: bigint;
  v1: bigint;
  v2: bigint;
  v3: bigint;
}

function rotate(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (64n - bits))) & MASK;
}

function round(s: State): void {
  s.v0 = (s.v0 + s.v1) & MASK;
  s.v1 = rotate(s.v1, 13n) ^ s.v0;
  s.v0 = rotate(s.v0, 32n);
  s.v2 = (s.v2 + s.v3) & MASK;
  s.v3 = rotate(s.v3, 16n) ^ s.v2;
  s.v0 = (s.v0 + s.v3) & MASK;
  s.v3 = rotate(s.v3, 21n) ^ s.v0;
  s.v2 = (s.v2 + s.v1) & MASK;
  s.v1 = rotate(s.v1, 17n) ^ s.v2;
  s.v2 = rotate(s.v2, 32n);
}

function sipHash13(bytes: Uint8Array): bigint {
  const s: State = {
    v0: 0x736f6d6570736575n,
    v1: 0x646f72616e646f6dn,
    v2: 0x6c7967656e657261n,
    v3: 0x7465646279746573n,
  };
  const whole = bytes.length - (bytes.length % 8);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < whole; at += 8) {
    const word = view.getBigUint64(at, true);
    s.v3 ^= word;
    round(s);
    s.v0 ^= word;
  }
  let last = BigInt(bytes.length & 0xff) << 56n;
  for (let at = whole; at < bytes.length; at++) {
    last |= BigInt(bytes[at] ?? 0) << BigInt(8 * (at - whole));
  }
  s.v3 ^= last;
  round(s);
  s.v0 ^= last;
  s.v2 ^= 0xffn;
  round(s);
  round(s);
  round(s);
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/**
 * The seed of a run's random numbers: SipHash-1-3 of its run id, as every sdk-core computes it. A run that one worker started must see the
 * same random numbers on any other.
 */
export function randomnessSeed(runId: string): Long {
  const text = new TextEncoder().encode(runId);
  const bytes = new Uint8Array(text.length + 1);
  bytes.set(text);
  bytes[text.length] = 0xff; // ends a string, so that no string is a prefix of another
  return Long.fromString(sipHash13(bytes).toString(), true);
}
