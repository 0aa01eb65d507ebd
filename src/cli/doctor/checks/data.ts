import { ConfigurationError } from '../../../engine/index.ts';
import { type Environment, type Finding, fine, trouble } from '../finding.ts';

const AREA = 'PostgreSQL';

/** Whether workflow data can be kept where the environment says: reachable, tables up to date, rights enough to read. */
export async function checkData(env: Environment): Promise<readonly Finding[]> {
  const source = env['PERDURE_DATA_URL'] ? 'PERDURE_DATA_URL' : 'DATABASE_URL';
  const url = env[source];
  if (!url) {
    const says = 'is not configured: workflow data is kept in ./.perdure/data, for one process.';
    return [
      { area: AREA, condition: 'warning', says, fix: 'Set PERDURE_DATA_URL when several processes are to share data.' },
    ];
  }
  try {
    const { openWorkflowData } = await import('../../../data/index.ts');
    const data = await openWorkflowData({ url, migrate: false, poolSize: 1 });
    try {
      await data.list('perdure-doctor', { limit: 1 });
      const { host, pathname } = new URL(url);
      return [fine(AREA, `${host}${pathname} (${source}), tables up to date`)];
    } finally {
      await data.close();
    }
  } catch (error) {
    // The first process that uses them makes them, when it may.
    const isMade = ConfigurationError.is(error) && error.path === 'migrate';
    return [trouble(AREA, error, isMade ? 'warning' : 'broken')];
  }
}
