import { join } from 'node:path';
import { openWorkflowData } from 'perdure/data';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openProject } from '../../../src/cli/project/open-project.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';

it('serves what agents have written, from the first write on, and all else without a database', async () => {
  const folder = temporaryDirectory();
  vi.spyOn(process, 'cwd').mockReturnValue(folder);
  vi.stubEnv('PERDURE_DATA_URL', '');
  vi.stubEnv('DATABASE_URL', '');
  onTestFinished(() => void vi.restoreAllMocks());
  onTestFinished(() => void vi.unstubAllEnvs());
  const project = await openProject({
    file: undefined,
    engine: { type: 'embedded', memory: true },
    hasWorker: false,
    api: { port: 0 },
  });
  onTestFinished(async () => await project.close());
  const url = project.api?.url;
  const ask = async (): Promise<{ status: number; body: Record<string, unknown> }> => {
    // PGlite may take longer to start than a server keeps an idle connection.
    const response = await fetch(`${url}/api/runs/order-1/data/total`, { headers: { connection: 'close' } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  expect((await fetch(`${url}/api/ready`, { headers: { connection: 'close' } })).status).toBe(200);
  expect(await ask()).toMatchObject({ status: 503, body: { code: 'DATA_UNAVAILABLE' } });

  const data = await openWorkflowData({ path: join(folder, '.perdure/data') });
  onTestFinished(async () => await data.close());
  await data.write('order-1', { key: 'total', value: 7 }, { agent: 'cashier' });
  expect(await ask()).toMatchObject({ status: 200, body: { value: 7, agent: 'cashier' } });

  vi.stubEnv('PERDURE_DATA_URL', 'postgresql://nobody:hunter2@127.0.0.1:1/none');
  const broken = await openProject({
    file: undefined,
    engine: { type: 'embedded', memory: true },
    hasWorker: false,
    api: { port: 0 },
  });
  onTestFinished(async () => await broken.close());
  expect((await fetch(`${broken.api?.url}/api/ready`)).status).toBe(200);
});
