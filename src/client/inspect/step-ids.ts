import { ConfigurationError } from '../../engine/index.ts';

const PATTERN = /^(\d{1,9})\.(\d{1,15})\.(\d{1,9})$/;

/**
 * Orders the ids of steps of one run, for `toSorted` and the like: negative when `left` was begun earlier.
 * @throws ConfigurationError when one of them is no id of a step.
 */
export function compareStepIds(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)];
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function partsOf(id: string): readonly [number, number, number] {
  const [, generation, eventId, index] = PATTERN.exec(id) ?? [];
  if (index === undefined) {
    throw new ConfigurationError('id', `'${id}' is no id of a step.`, { fix: 'Pass the `id` of a step of a run.' });
  }
  return [Number(generation), Number(eventId), Number(index)];
}
