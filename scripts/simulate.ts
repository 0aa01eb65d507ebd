/**
 * Runs the durable core in simulated worlds: `npm run simulate -- --seeds 10000`, from seed 1 or from `--from N` on; `npm run simulate -- --seed N` runs one
 * of them again and says what happened. Prints the seeds at which something was wrong.
 */
import { parseArgs } from 'node:util';
import { simulate } from '../test/simulation/simulate.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
  },
});

if (values.seed === undefined) await runMany(Number(values.from), Number(values.seeds));
else await runOne(Number(values.seed));

async function runOne(seed: number): Promise<void> {
  const { problems, counts, trace } = await simulate(seed, { traced: true });
  for (const line of trace) console.log(line);
  console.log(JSON.stringify(counts));
  for (const problem of problems) console.log(`seed ${seed}: ${problem}`);
  if (problems.length > 0) process.exitCode = 1;
}

async function runMany(from: number, seeds: number): Promise<void> {
  const total: Record<string, number> = {};
  let failed = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const { problems, counts } = await simulate(seed);
    for (const [name, count] of Object.entries(counts)) total[name] = (total[name] ?? 0) + count;
    if (problems.length === 0) continue;
    failed++;
    console.log(`seed ${seed}: ${problems[0]}${problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''}`);
  }
  const cpu = process.cpuUsage();
  const seconds = ((cpu.user + cpu.system) / 1e6).toFixed(1);
  console.log(`${seeds} seeds from ${from}, ${failed} failed, ${seconds} s of CPU: ${JSON.stringify(total)}`);
  if (failed > 0) {
    console.log('Run one again: npm run simulate -- --seed N');
    process.exitCode = 1;
  }
}
