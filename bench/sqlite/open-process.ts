/** Opens a file with runs that wait, and says what that took: `open-process.ts FILE`. Needs `--expose-gc`. */
import { createEmbeddedEngine } from '../../src/engines/embedded/index.ts';
import { cpuMsSince } from '../measure.ts';
import { input } from '../workflows/index.ts';
import type { OpenFigures } from './figures.ts';

const [path = ''] = process.argv.slice(2);

function memory(): NodeJS.MemoryUsage {
  globalThis.gc?.();
  return process.memoryUsage();
}

const [before, cpu, started] = [memory(), process.cpuUsage(), performance.now()];
const engine = await createEmbeddedEngine({ path });
const [ms, cpuMs, after] = [performance.now() - started, cpuMsSince(cpu), memory()];
const handle = engine.client.workflow.getHandle('copy-00000100');
await handle.signal(input, 'go on');
const { historyLength } = await handle.describe();
process.send?.({
  ms,
  cpuMs,
  heapBytes: after.heapUsed - before.heapUsed,
  residentBytes: after.rss - before.rss,
  isAlive: historyLength > 4,
} satisfies OpenFigures);
