import { conformance } from './suite.ts';
import { embeddedTarget } from './targets/embedded.ts';

conformance('memory, cache 0', () => embeddedTarget({ cache: 0 }));
