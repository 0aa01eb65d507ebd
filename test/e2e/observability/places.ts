import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ClientOptions } from '@temporalio/client';
import { Redis } from 'ioredis';
import type { EngineConfig } from '../../../src/engines/index.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];
const redis = process.env['PERDURE_TEST_REDIS_URL'];

/** An engine of a test's own, and all that it keeps. */
export interface Place {
  readonly engine: EngineConfig;
  readonly taskQueue: string;
  /** Everything that is stored, as bytes in Latin 1; `undefined` where nobody can look. */
  readonly dump: (() => Promise<string>) | undefined;
}

/** Of the client, if there are some. */
interface Given {
  readonly client?: Omit<ClientOptions, 'connection' | 'namespace'>;
}

function onFile(given: Given): Place {
  const path = join(temporaryDirectory(), 'perdure.db');
  const dump = async (): Promise<string> =>
    readdirSync(dirname(path))
      .map((name) => join(dirname(path), name))
      .filter((file) => statSync(file).isFile())
      .map((file) => readFileSync(file, 'latin1'))
      .join('\n');
  return { engine: { type: 'embedded', path, ...given }, taskQueue: 'perdure', dump };
}

function onRedis(given: Given): Place {
  const namespace = `observe-${randomUUID()}`;
  const dump = async (): Promise<string> => {
    const connection = new Redis(redis ?? '');
    try {
      const keys = (await connection.keys('*')).filter((key) => key.includes(namespace));
      const values = await Promise.all(keys.map(async (key) => (await connection.dumpBuffer(key))?.toString('latin1')));
      return [...keys, ...values].join('\n');
    } finally {
      connection.disconnect();
    }
  };
  return { engine: { type: 'bullmq', redis: redis ?? '', namespace, ...given }, taskQueue: namespace, dump };
}

function onTemporal(given: Given): Place {
  const engine: EngineConfig = { type: 'temporal', connection: { address: address ?? '' }, ...given };
  return { engine, taskQueue: `observe-${randomUUID()}`, dump: undefined };
}

/** Where agents run, by name; those whose service is not there are to be skipped. */
export const places: readonly { name: string; isThere: boolean; place: (given?: Given) => Place }[] = [
  {
    name: 'memory',
    isThere: true,
    place: (given = {}) => ({
      engine: { type: 'embedded', memory: true, ...given },
      taskQueue: 'perdure',
      dump: undefined,
    }),
  },
  { name: 'one SQLite file', isThere: true, place: (given = {}) => onFile(given) },
  { name: 'one Redis', isThere: redis !== undefined, place: (given = {}) => onRedis(given) },
  { name: 'a Temporal server', isThere: address !== undefined, place: (given = {}) => onTemporal(given) },
];
