import { TestWorkflowEnvironment } from '@temporalio/testing';
import { createTestEnvironment } from 'perdure/testing';
import { runSameTests } from './same-test.ts';

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'] ?? '';
const path = process.env['PERDURE_TEST_TIME_SKIPPING_SERVER'] ?? '';

runSameTests('the embedded engine', () => createTestEnvironment());

runSameTests('a Temporal server', () => TestWorkflowEnvironment.createFromExistingServer({ address }), address !== '');

runSameTests(
  'the time-skipping server',
  () => TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } }),
  path !== '',
);
