import { conformance } from './suite.ts';
import { routedTarget } from './targets/routed.ts';

conformance('routed', () => routedTarget(), { full: true });
