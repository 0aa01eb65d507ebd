import { conformance } from './suite.ts';
import { embeddedTarget } from './targets/embedded.ts';

conformance('sqlite', () => embeddedTarget({ sqlite: true }));
