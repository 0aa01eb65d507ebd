import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** Listens to the commands that Redis gets. */
export interface Monitor {
  /** Commands by name since the start, of those whose connection was asked for. */
  readonly counts: ReadonlyMap<string, number>;
  end(): void;
}

/**
 * Counts what comes from some connections; commands of scripts are not counted. Reads what Redis says by itself, as the client's own `monitor` fails when others
 * are at work.
 */
export async function monitorOf(url: string, addresses: ReadonlySet<string>): Promise<Monitor> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port || 6379), hostname);
  await once(socket, 'connect');
  const counts = new Map<string, number>();
  const lines = createInterface({ input: socket });
  lines.on('line', (line) => {
    const [, source = '', name = ''] = /^\+\S+ \[\d+ ([^\]]+)\] "([^"]+)"/.exec(line) ?? [];
    if (addresses.has(source)) counts.set(name.toLowerCase(), (counts.get(name.toLowerCase()) ?? 0) + 1);
  });
  socket.write('MONITOR\r\n');
  await once(lines, 'line');
  return { counts, end: () => socket.destroy() };
}
