/**
 * Tests of workflows, without a server and without waiting.
 *
 * @module
 */
export {
  createTestEnvironment,
  type TestEnvironment,
  type TestEnvironmentOptions,
  type WorkflowEnvironment,
} from './environment.ts';
export { VirtualClock, type VirtualClockOptions } from '../src/runtime/virtual-clock.ts';
