import { proxyActivities, proxySinks } from '@temporalio/workflow';
import type { ActivityOptions, Sinks } from '@temporalio/workflow';

/** Sinks of the suite. `gate.hold` keeps the workflow task out until the scenario opens the gate of that name; see `gates`. */
export interface SuiteSinks extends Sinks {
  readonly gate: { hold(name: string): void };
  readonly report: { value(value: unknown): void };
}

/** `gate.hold(name)`: the current task is answered only when the scenario opens the gate. Has no effect in replays. */
export const gate: SuiteSinks['gate'] = proxySinks<SuiteSinks>().gate;
/** `report.value(value)`: tells the scenario something, in replays too. */
export const report: SuiteSinks['report'] = proxySinks<SuiteSinks>().report;

/** An activity by the name of its type. */
export function activity(type: string, options: ActivityOptions): (...args: unknown[]) => Promise<unknown> {
  const proxy = proxyActivities<Record<string, (...args: unknown[]) => Promise<unknown>>>(options);
  return (...args) => {
    const call = proxy[type];
    if (!call) throw new TypeError(`No activity ${type}`);
    return call(...args);
  };
}

/** Enough for activities that end at once. */
export const brief: ActivityOptions = { startToCloseTimeout: '10s', retry: { maximumAttempts: 1 } };
