import { writeSync } from 'node:fs';
import { SqliteStore } from '../../src/engines/embedded/sqlite-store.ts';
import { commitOf, creationOf, exampleEvents, exampleRecord } from '../../testing/conformance/store/examples.ts';

/**
 * Writes to the file named by the first argument until it is killed: pairs of runs that change together, several pairs at once. A line
 * `<pair> <revision>` on standard output says that a commit was acknowledged.
 */
const [path = '', pairs = '4'] = process.argv.slice(2);
const store = await SqliteStore.open(path);
writeSync(1, 'open\n');
await Promise.all(Array.from({ length: Number(pairs) }, (_, index) => writePair(`pair ${index}`)));

async function writePair(name: string): Promise<void> {
  const records = [exampleRecord(`${name} left`), exampleRecord(`${name} right`)];
  for (let revision = (await store.load(exampleRecord(`${name} left`)))?.revision ?? 0; ; revision++) {
    const writes = records.map((record) => ({
      expectedRevision: revision,
      record: { ...record, signalCount: revision + 1 },
      events: exampleEvents(
        revision * 2 + 1,
        revision * 2 + 2,
        `${name} ${revision + 1} ${'x'.repeat(revision % 3000)}`,
      ),
    }));
    const current = revision > 0 ? [] : records.flatMap((record) => creationOf(record).current);
    // oxlint-disable-next-line no-await-in-loop
    const outcome = await store.commit({ ...commitOf(...writes), current });
    if (outcome !== 'committed') throw new Error(`${name} has changed under its only writer`);
    writeSync(1, `${name.slice(5)} ${revision + 1}\n`);
  }
}
