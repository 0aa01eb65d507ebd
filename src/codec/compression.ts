import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { PayloadCodecError } from './errors.ts';

/** How data is packed; `none` when packing would not help. */
export type Compression = 'gzip' | 'none' | 'zstd';

type Pack = (data: Uint8Array) => Promise<Buffer>;
type Unpack = (data: Uint8Array, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

/** Smaller data gains little, and most payloads are small. Bytes. */
const WORTH_PACKING = 1024;

// Since Node 22.15; the types say that it is always there.
const { zstdCompress, zstdDecompress } = zlib as Partial<typeof zlib>;

const packers: Readonly<Partial<Record<Compression, Pack>>> = {
  gzip: promisify(zlib.gzip),
  ...(zstdCompress && { zstd: promisify(zstdCompress) }),
};

const unpackers: Readonly<Partial<Record<Compression, Unpack>>> = {
  gzip: promisify(zlib.gunzip),
  ...(zstdDecompress && { zstd: promisify(zstdDecompress) }),
};

/** The best that this version of Node can do. */
const BEST: Compression = packers.zstd === undefined ? 'gzip' : 'zstd';

/** Data, packed if that makes it smaller. */
export async function pack(
  data: Uint8Array,
): Promise<{ readonly compression: Compression; readonly data: Uint8Array }> {
  const packed = data.length > WORTH_PACKING ? await packers[BEST]?.(data) : undefined;
  return packed !== undefined && packed.length < data.length
    ? { compression: BEST, data: packed }
    : { compression: 'none', data };
}

/**
 * What was packed.
 * @param most bytes that it may have.
 * @throws PayloadCodecError
 */
export async function unpack(compression: string, data: Uint8Array, most: number): Promise<Uint8Array> {
  if (compression === 'none') return data;
  const unpacker = Object.hasOwn(unpackers, compression) ? unpackers[compression as Compression] : undefined;
  if (unpacker === undefined) {
    throw new PayloadCodecError(
      'unsupported',
      `A payload is packed with '${compression}', which this version of Node cannot unpack: zstd needs Node 22.15.`,
    );
  }
  try {
    return await unpacker(data, { maxOutputLength: most });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new PayloadCodecError('too_large', `A payload unpacks to more than ${most} bytes.`, { cause });
    }
    throw new PayloadCodecError('malformed', `A payload that is packed with ${compression} cannot be unpacked.`, {
      cause,
    });
  }
}
