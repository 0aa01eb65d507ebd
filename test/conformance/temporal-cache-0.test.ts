import { conformance } from './suite.ts';
import { temporalTarget } from './targets/temporal.ts';

conformance('temporal, cache 0', () => temporalTarget({ cache: 0 }), { retry: 2, server: true, full: true });
