import { conformance } from './suite.ts';
import { dispatchTarget } from './targets/dispatch.ts';

conformance('dispatch, cache 0', () => dispatchTarget({ cache: 0 }), { server: true, full: true });
