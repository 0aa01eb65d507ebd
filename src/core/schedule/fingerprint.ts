const c1 = 0xcc9e2d51;
const c2 = 0x1b873593;
const added = 0xe6546b64;
/** Shorter texts are hashed in another way, which nobody needs here. */
const shortest = 25;

/**
 * FarmHash's 32-bit fingerprint (`farmhashmk`) of at least 25 bytes: what a Temporal server draws jitter from.
 * @throws RangeError when there are fewer.
 */
export function fingerprint32(bytes: Uint8Array): number {
  const { length } = bytes;
  if (length < shortest) throw new RangeError(`${length} bytes are too few for this fingerprint.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  const word = (at: number): number => view.getUint32(at, true);
  const last = (back: number): number => Math.imul(right(Math.imul(word(length - back), c1), 17), c2);
  let h = mix(mix(length ^ last(4)) ^ last(16));
  let g = mix(mix(Math.imul(c1, length) ^ last(8)) ^ last(12));
  let f = (right((Math.imul(c1, length) + last(20)) | 0, 19) + 113) | 0;
  for (let at = 0, left = Math.floor((length - 1) / 20); left > 0; left--, at += 20) {
    const [a, b, c, d, e] = [word(at), word(at + 4), word(at + 8), word(at + 12), word(at + 16)];
    h = (h + a) | 0;
    g = (g + b) | 0;
    f = (f + c) | 0;
    h = (murmur(d, h) + e) | 0;
    g = (murmur(c, g) + a) | 0;
    f = (murmur((b + Math.imul(e, c1)) | 0, f) + d) | 0;
    f = (f + g) | 0;
    g = (g + f) | 0;
  }
  g = spread(g);
  f = spread(f);
  h = Math.imul(right(mix((h + g) | 0), 17), c1);
  h = Math.imul(right(mix((h + f) | 0), 17), c1);
  return h >>> 0;
}

function right(value: number, bits: number): number {
  return (value >>> bits) | (value << (32 - bits));
}

function mix(value: number): number {
  return (Math.imul(right(value, 19), 5) + added) | 0;
}

function spread(value: number): number {
  return Math.imul(right(Math.imul(right(value, 11), c1), 17), c1);
}

function murmur(a: number, h: number): number {
  return mix(h ^ Math.imul(right(Math.imul(a, c1), 17), c2));
}
