import { conformance } from './suite.ts';
import { embeddedTarget } from './targets/embedded.ts';

// What engines of ours write, the official worker replays as well.
conformance('memory, cache 0', () => embeddedTarget({ cache: 0 }), { replayHost: 'official' });
