import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/runtime/system-clock.ts';

describe('the system clock', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it('waits longer than a timer of Node can', () => {
    vi.useFakeTimers();
    const start = Date.now();
    const wait = 3 * 2 ** 31;
    let firedAt: number | undefined;
    systemClock.schedule(start + wait, () => (firedAt = Date.now()));
    vi.advanceTimersByTime(wait - 1);
    expect(firedAt).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(firedAt).toBe(start + wait);
  });

  it('forgets what was called off, also in a later step', () => {
    vi.useFakeTimers();
    const wait = 3 * 2 ** 31;
    let fired = false;
    const cancel = systemClock.schedule(Date.now() + wait, () => (fired = true));
    vi.advanceTimersByTime(wait - 1);
    cancel();
    cancel();
    vi.advanceTimersByTime(wait);
    expect(fired).toBe(false);
  });

  it('rings what falls due because the time of the machine was set forward', async () => {
    const rang = new Promise((resolve) => systemClock.schedule(Date.now() + 3_600_000, () => resolve('rang')));
    const cancel = systemClock.schedule(Date.now() + 7_200_000, () => expect.unreachable());
    setTime(3_600_000);
    await expect(rang).resolves.toBe('rang');
    cancel();
  });

  it('waits for its time when the time of the machine was set back', async () => {
    const wait = 300;
    const at = Date.now() + wait;
    const rang = new Promise<number>((resolve) => systemClock.schedule(at, () => resolve(Date.now())));
    setTime(-wait);
    expect(await rang).toBeGreaterThanOrEqual(at);
  });

  it('does not keep a process alive when told so', () => {
    const file = new URL('../../src/runtime/system-clock.ts', import.meta.url).href;
    const script = `
      const { createSystemClock } = await import(${JSON.stringify(file)});
      createSystemClock({ keepAlive: false }).schedule(Date.now() + 60_000, () => {});
    `;
    execFileSync(process.execPath, ['--input-type=module', '--eval', script], { timeout: 20_000 });
  });
});

/** Sets the time of the machine, by so much. */
function setTime(by: number): void {
  const now = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => now() + by);
}
