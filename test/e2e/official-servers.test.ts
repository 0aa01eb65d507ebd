import { Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];
const executable = process.env['PERDURE_TEST_TIME_SKIPPING_SERVER'];

describe.skipIf(address === undefined)('the official server', () => {
  it('answers, and has the namespace of the tests', async () => {
    const connection = await Connection.connect({ address: address ?? '' });
    try {
      const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: 'default' });
      expect(namespaceInfo?.name).toBe('default');
    } finally {
      await connection.close();
    }
  });
});

describe.skipIf(executable === undefined)('the official time-skipping server', () => {
  it('skips time', async () => {
    const env = await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: executable ?? '' } },
    });
    try {
      const before = await env.currentTimeMs();
      await env.sleep('10 days');
      expect((await env.currentTimeMs()) - before).toBeGreaterThanOrEqual(10 * 24 * 3600 * 1000);
    } finally {
      await env.teardown();
    }
  });
});
