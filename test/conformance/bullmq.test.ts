import { conformance } from './suite.ts';
import { bullmqTarget } from './targets/bullmq.ts';

conformance('bullmq', () => bullmqTarget(), { redis: true });
