import { conformance } from './suite.ts';
import { embeddedTarget } from './targets/embedded.ts';

// SQLite has the same with a cache, and the same store has all of it without one.
conformance('memory', () => embeddedTarget(), { full: true });
