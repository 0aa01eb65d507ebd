import { activityInfo, cancelled, Context, heartbeat, sleep } from '@temporalio/activity';

export async function greet(name: string): Promise<string> {
  return `Hello, ${name}!`;
}

export async function failTwice(): Promise<number> {
  const { attempt } = activityInfo();
  if (attempt < 3) throw new Error(`attempt ${attempt}`);
  return attempt;
}

/** Heartbeats until it is cancelled, then says why. */
export async function untilCancelled(): Promise<string> {
  const beat = setInterval(() => heartbeat('still here'), 100);
  try {
    await cancelled();
    return 'never';
  } catch (error) {
    if (Context.current().cancellationDetails?.workerShutdown && activityInfo().attempt > 1) return 'second attempt';
    throw error;
  } finally {
    clearInterval(beat);
  }
}

export async function takeMs(ms: number): Promise<number> {
  await sleep(ms);
  return ms;
}

export async function attemptAfterShutdown(): Promise<number> {
  const { attempt } = activityInfo();
  if (attempt === 1) await cancelled();
  return attempt;
}
