import { existsSync } from 'node:fs';
import { DataUnavailableError, openWorkflowData, type WorkflowData } from '../../data/index.ts';
import { targetOf } from '../../data/options.ts';
import { ConfigurationError } from '../../engine/index.ts';

/**
 * The data of runs, opened when it is first asked for: most projects have none, and an API without its database still serves all else. What fails to open is
 * tried again by the next call.
 */
export function lateData(env: NodeJS.ProcessEnv = process.env): WorkflowData {
  let opening: Promise<WorkflowData> | undefined;
  const open = async (): Promise<WorkflowData> => {
    const current = (opening ??= openExisting(env));
    try {
      return await current;
    } catch (error) {
      if (opening === current) opening = undefined;
      throw error;
    }
  };
  return {
    write: async (...args) => await (await open()).write(...args),
    read: async (...args) => await (await open()).read(...args),
    query: async (...args) => await (await open()).query(...args),
    list: async (...args) => await (await open()).list(...args),
    sweep: async () => await (await open()).sweep(),
    close: async () => {
      const opened = await opening?.catch(() => undefined);
      await opened?.close();
    },
  };
}

/** @throws DataUnavailableError whatever is wrong: whoever asks cannot mend it, and the message says what to do. */
async function openExisting(env: NodeJS.ProcessEnv): Promise<WorkflowData> {
  try {
    const target = targetOf({}, env);
    if (target.kind === 'postgres') return await openWorkflowData({ url: target.url.href });
    if (target.path !== undefined && existsSync(target.path)) return await openWorkflowData({ path: target.path });
    throw new DataUnavailableError(
      `No agent has kept workflow data in ${target.path} as yet. Set PERDURE_DATA_URL when it is in PostgreSQL.`,
    );
  } catch (error) {
    if (!ConfigurationError.is(error)) throw error;
    throw new DataUnavailableError(error.message, { cause: error });
  }
}
