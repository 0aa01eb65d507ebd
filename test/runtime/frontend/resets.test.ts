import { expect, test } from 'vitest';
import { toLong } from '../../../src/core/proto.ts';
import { ManualClock } from '../manual-clock.ts';
import { Bench, namespace } from './harness.ts';

test('a run with a long history is reset: what it keeps is not written again', async () => {
  const bench = await Bench.openAt(new ManualClock());
  try {
    await bench.start('w');
    const input = { payloads: [{ data: new Uint8Array(1_500_000) }] };
    for (let count = 0; count < 4; count += 1) {
      await bench.service.signalWorkflowExecution({
        namespace,
        workflowExecution: { workflowId: 'w' },
        signalName: 's',
        input,
      });
      await bench.complete(await bench.poll());
    }
    const { runId } = await bench.service.resetWorkflowExecution({
      namespace,
      workflowExecution: { workflowId: 'w' },
      workflowTaskFinishEventId: toLong((await bench.types('w')).length),
      requestId: 'reset',
    });
    const { workflowExecutionInfo } = await bench.service.describeWorkflowExecution({
      namespace,
      execution: { workflowId: 'w' },
    });
    expect(workflowExecutionInfo?.execution?.runId).toBe(runId);
    expect(Number(workflowExecutionInfo?.historySizeBytes)).toBeGreaterThan(6_000_000);
  } finally {
    await bench.close();
  }
});
