import { type ActivityOptions, msToNumber } from '@temporalio/common';
import type { ActivityDefaults, RetrySettings } from '../workflow/protocol/index.ts';
import { completeRetry } from './checks.ts';
import { DEFAULTS } from './defaults.ts';

/** What an engine's configuration says about activities, in the terms of records. `undefined`: nothing. */
export function activityDefaultsOf(
  given: Pick<ActivityOptions, 'startToCloseTimeout' | 'retry'> = {},
): ActivityDefaults | undefined {
  const { startToCloseTimeout, retry } = given;
  if (startToCloseTimeout === undefined && retry === undefined) return undefined;
  return {
    ...(startToCloseTimeout !== undefined && { timeout: msToNumber(startToCloseTimeout) }),
    ...(retry && { retry: completedRetry(retry) }),
  };
}

function completedRetry({
  initialInterval,
  maximumInterval,
  ...counts
}: NonNullable<ActivityOptions['retry']>): RetrySettings {
  const times = {
    ...(initialInterval !== undefined && { initialInterval: msToNumber(initialInterval) }),
    ...(maximumInterval !== undefined && { maximumInterval: msToNumber(maximumInterval) }),
  };
  return completeRetry({ ...counts, ...times }, DEFAULTS.toolRetry, 'activityDefaults.retry');
}
