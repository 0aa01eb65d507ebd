import { setTimeout as delay } from 'node:timers/promises';
import { serviceOf } from '../../../src/runtime/rpc-methods.ts';
import type { AnyCall } from '../../../src/runtime/rpc-methods.ts';
import { cancelled, unimplemented } from '../../../src/runtime/errors.ts';
import type { WorkflowServiceApi } from '../../../src/runtime/service.ts';

/** A service of which only some RPCs do something; the others are `UNIMPLEMENTED`. */
export function fakeService(calls: Readonly<Record<string, AnyCall>>): WorkflowServiceApi {
  return serviceOf(({ name }) => calls[name] ?? (() => Promise.reject(unimplemented(name))));
}

/** A long poll that nothing comes for. */
export const endlessPoll: AnyCall = async (_, options) => {
  await delay(60_000, undefined, options?.signal === undefined ? {} : { signal: options.signal }).catch(() => {
    throw cancelled();
  });
  return {};
};
