import type { Connection } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { ConformanceTarget } from './target.ts';
import type { ScenarioContext } from './scenario.ts';

/** The search attributes of the scenarios: types as the API has them. */
const wanted: Readonly<Record<string, temporal.api.enums.v1.IndexedValueType>> = {
  PerdureNote: 1,
  PerdureName: 2,
  PerdureNumber: 3,
  PerdureAmount: 4,
  PerdureFlag: 5,
  PerdureWhen: 6,
  PerdureTags: 7,
};

/** Servers read the settings of a namespace again from time to time, each of their services for itself. */
const serverRefreshMs = 4000;

const declared = new WeakMap<ConformanceTarget, Promise<void>>();

/** The operator's RPCs of a target. */
export function operatorOf(t: ScenarioContext): Connection['operatorService'] {
  return (t.client.connection as unknown as Connection).operatorService;
}

/** Declares the search attributes of the scenarios, once for a target. */
export async function declareAttributes(t: ScenarioContext): Promise<void> {
  let done = declared.get(t.target);
  if (done === undefined) declared.set(t.target, (done = declareAll(t)));
  await done;
}

async function declareAll(t: ScenarioContext): Promise<void> {
  const { namespace } = t;
  const operator = operatorOf(t);
  const { customAttributes } = await operator.listSearchAttributes({ namespace });
  if (Object.keys(wanted).every((name) => Object.hasOwn(customAttributes, name))) return;
  await operator.addSearchAttributes({ namespace, searchAttributes: { ...wanted } });
  if (t.target.reference) await t.sleep(serverRefreshMs);
}
