import { conformance } from './suite.ts';
import { dispatchTarget } from './targets/dispatch.ts';

conformance('dispatch', () => dispatchTarget(), { server: true, full: true });
