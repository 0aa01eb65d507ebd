import { conformance } from './suite.ts';
import { temporalTarget } from './targets/temporal.ts';

conformance('temporal', () => temporalTarget(), { retry: 2, server: true });
