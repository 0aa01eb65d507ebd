import type { Run } from '../../client/run.ts';
import type { TenantIds } from '../auth/tenant.ts';
import { json, type Route, route } from '../route.ts';
import { RUN_PATH } from './parts.ts';
import { RUN_WITH_OUTCOME, runView } from './run-view.ts';

/** A run, with its result or failure when it is over. */
export const getRun: Route = route('get', '/api/runs/{id}', {
  summary: 'A run',
  description: 'How it is, what it waits for and, when it has ended, what it came to.',
  tag: 'runs',
  role: 'viewer',
  scope: 'runs:read',
  params: RUN_PATH,
  answers: { 200: { description: 'The run.', schema: RUN_WITH_OUTCOME } },
  handle: async ({ params, api, ids }) => {
    const run = api.perdure.run(ids.toEngine(params.id));
    const info = await run.describe();
    const isOver = info.endedAt !== undefined && info.status !== 'running';
    return json(200, { ...runView(info, ids), ...(isOver ? await outcomeView(run, ids) : {}) });
  },
});

const ENDS = new Set(['RunFailedError', 'RunCancelledError', 'RunTerminatedError', 'RunTimedOutError']);

async function outcomeView(run: Run, ids: TenantIds): Promise<object> {
  try {
    return { result: await run.outcome() };
  } catch (error) {
    if (!(error instanceof Error) || !ENDS.has(error.name)) throw error;
    const { code, type, message } = error as Error & { readonly code: string; readonly type?: string };
    return { failure: { code, type, message: ids.inText(message) } };
  }
}
