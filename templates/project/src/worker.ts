import type { AgentWorkerOptions } from 'perdure/worker';
import { support } from './agents.ts';

/** What a worker runs: read by `perdure dev`, `perdure serve` and `perdure worker`. */
export const worker: AgentWorkerOptions = { agents: [support] };
