import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';

const executablePath = [
  process.env['PERDURE_TEST_CHROMIUM'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

const sources = fileURLToPath(new URL('../../../examples/sources.ts', import.meta.url));
const main = fileURLToPath(new URL('../../../examples/browser/main.ts', import.meta.url));

describe.skipIf(executablePath === undefined)('a page in chromium', () => {
  it('shows a run while it happens, and the API what it is allowed to', { timeout: 180_000 }, async () => {
    const child = spawn(process.execPath, ['--import', sources, '--disable-warning=ExperimentalWarning', main], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer];
      const page = await browser.newPage();
      const asked: string[] = [];
      page.on('request', (request) => asked.push(new URL(request.url()).pathname));
      await page.goto(line.toString().trim());
      await page.getByRole('button').click();
      await page.getByText('run_completed').waitFor({ timeout: 60_000 });
      expect(await page.locator('li').allTextContents()).toEqual([
        'run_started',
        'agent_resolved',
        'model_called',
        'model_responded',
        'tool_started',
        'tool_completed',
        'model_called',
        'model_responded',
        'run_completed',
      ]);
      expect(await page.locator('pre').textContent()).toContain('Oslo');
      expect(asked.filter((path) => path.endsWith('/events'))).toHaveLength(1);
    } finally {
      await browser.close();
      child.kill('SIGINT');
      await once(child, 'exit');
    }
  });
});
