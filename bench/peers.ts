/** Other systems doing the same work, from a package of their own that is installed when they are asked for. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run } from '../scripts/run.ts';
import { startPostgres } from '../scripts/services/postgres.ts';
import type { Service } from '../scripts/services/service.ts';
import { restateServer } from './peers/restate-server.ts';
import type { Operation, Workload } from './workloads.ts';

/** Every peer, and what it is. */
export const peers = {
  'bullmq-chain': 'BullMQ by hand, a job for each step',
  'bullmq-steps': 'BullMQ by hand, one job, updateData',
  flowcraft: 'Flowcraft, BullMQ adapter, 50 at once',
  dbos: 'DBOS on PostgreSQL',
  restate: 'Restate',
} as const;

/** Name of a peer. */
export type Peer = keyof typeof peers;

/** Where peers find what they need. */
export interface PeerPlaces {
  /** URL of a PostgreSQL; empty when none is needed. */
  readonly postgres: string;
  /** URLs of a Restate server, if one is needed. */
  readonly restate: { readonly ingress: string; readonly admin: string } | undefined;
}

/** A peer at work. */
export interface RunningPeer {
  readonly operations: Partial<Readonly<Record<Workload, Operation>>>;
  close(): Promise<void>;
}

/** What was started for peers, and which of them cannot be had, with the reasons. */
export interface PeerServices {
  readonly places: PeerPlaces;
  readonly services: readonly Service[];
  readonly missing: ReadonlyMap<Peer, string>;
}

const folder = fileURLToPath(new URL('./peers/', import.meta.url));

/** Whether a system is a peer. */
export function isPeer(system: string): system is Peer {
  return Object.hasOwn(peers, system);
}

/** Installs the peers and starts their servers. */
export async function preparePeers(wanted: readonly Peer[], log: (line: string) => void): Promise<PeerServices> {
  const missing = new Map<Peer, string>();
  const services: Service[] = [];
  let postgres = '';
  let restate: PeerPlaces['restate'];
  const without = (peer: Peer, error: unknown): void => {
    missing.set(peer, error instanceof Error ? error.message : String(error));
  };
  try {
    await install(log);
  } catch (error) {
    for (const peer of wanted) without(peer, error);
    return { places: { postgres, restate }, services, missing };
  }
  if (wanted.includes('dbos')) {
    try {
      const service = await freshPostgres();
      services.push(service);
      postgres = service.value;
    } catch (error) {
      without('dbos', error);
    }
  }
  if (wanted.includes('restate')) {
    try {
      const started = await restateServer(folder);
      services.push(started);
      restate = { ingress: started.value, admin: started.admin };
    } catch (error) {
      without('restate', error);
    }
  }
  return { places: { postgres, restate }, services, missing };
}

/** PostgreSQL: one that was named, or one of our own with fresh data. */
async function freshPostgres(): Promise<Service> {
  const named = process.env['PERDURE_BENCH_POSTGRES_URL'];
  if (named) return { value: named, origin: 'PERDURE_BENCH_POSTGRES_URL', stop: () => {} };
  return startPostgres();
}

/** Starts a peer in this process. */
export async function startPeer(peer: Peer, places: PeerPlaces & { readonly redis: string }): Promise<RunningPeer> {
  const [module, kind] = peer.startsWith('bullmq-') ? ['bullmq', peer.slice('bullmq-'.length)] : [peer];
  const { start } = (await import(new URL(`./peers/${module}.mjs`, import.meta.url).href)) as {
    start: (places: object, kind?: string) => Promise<RunningPeer>;
  };
  return await start(places, kind);
}

async function install(log: (line: string) => void): Promise<void> {
  if (existsSync(`${folder}node_modules/.package-lock.json`)) return;
  log('installing the peers of the bench, once ...');
  const { code, output } = await run('npm', ['ci', '--no-audit', '--no-fund', '--prefix', folder]);
  if (code !== 0) throw new Error(`npm ci in bench/peers failed: ${output.trimEnd().slice(-500)}`);
}
