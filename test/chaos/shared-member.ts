import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openShared } from '../../src/engines/embedded/shared-service.ts';
import { countingService } from '../engines/embedded/counting-service.ts';

/**
 * Shares the file named by the first argument and signals until it is killed; `done <run> <request id>` on standard output says that a
 * signal was acknowledged, `owner` or `connected` what it is.
 */
const [path = '', run = ''] = process.argv.slice(2);
const shared = await openShared({ path, startOwner: countingService });
let role: string | undefined;
for (;;) {
  if (role !== shared.role()) {
    role = shared.role();
    writeSync(1, `${role}\n`);
  }
  const requestId = randomUUID();
  // oxlint-disable-next-line no-await-in-loop
  await shared.service.signalWorkflowExecution({ signalName: run, requestId });
  writeSync(1, `done ${run} ${requestId}\n`);
}
