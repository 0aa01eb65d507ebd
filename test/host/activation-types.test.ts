import proto from '@temporalio/proto';
import fc from 'fast-check';
import Long from 'long';
import { expect, it } from 'vitest';
import { activationDefinitions, officialTypes } from '../../src/host/activation-definitions.ts';
import { makeActivationTypes } from '../../src/host/activation-types.ts';

const types = makeActivationTypes(structuredClone(activationDefinitions()));

interface FieldLike {
  readonly name: string;
  readonly id: number;
  readonly type: string;
  readonly repeated: boolean;
  readonly map: boolean;
  readonly packed: boolean;
  readonly hasPresence: unknown;
  readonly resolvedType: TypeLike | null;
  resolve(): FieldLike;
}

interface TypeLike {
  readonly fullName: string;
  readonly fieldsArray?: readonly FieldLike[];
  readonly values?: Readonly<Record<string, number>>;
}

/** All that decides about bytes, by the names of types. */
function wire(type: TypeLike, found = new Map<string, unknown>()): Map<string, unknown> {
  if (found.has(type.fullName)) return found;
  found.set(type.fullName, undefined);
  const fields = (type.fieldsArray ?? []).map((field) => {
    const { name, id, repeated, map, packed, hasPresence, resolvedType } = field.resolve();
    if (resolvedType !== null) wire(resolvedType, found);
    return {
      name,
      id,
      repeated,
      map,
      packed,
      hasPresence: Boolean(hasPresence),
      type: resolvedType?.fullName ?? field.type,
    };
  });
  found.set(type.fullName, { fields, values: { ...type.values } });
  return found;
}

it.each(['activation', 'completion'] as const)('makes the official type: %s', (name) => {
  // Features are resolved when a type is first used.
  for (const type of [types[name], officialTypes[name]]) type.encode({}).finish();
  const ours = wire(types[name] as unknown as TypeLike);
  expect(ours.size).toBeGreaterThan(30);
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(wire(officialTypes[name] as unknown as TypeLike)));
});

it('reads what the official type wrote, and the other way round', () => {
  const { WorkflowActivation } = proto.coresdk.workflow_activation;
  const bytes = fc.uint8Array({ maxLength: 20 });
  fc.assert(
    fc.property(fc.string(), bytes, fc.array(fc.nat()), fc.boolean(), (text, data, numbers, flag) => {
      const activation = {
        runId: text,
        timestamp: { seconds: Long.fromNumber(numbers[0] ?? 0), nanos: numbers.length },
        isReplaying: flag,
        availableInternalFlags: numbers,
        suggestContinueAsNewReasons: [1, 2],
        jobs: [
          { initializeWorkflow: { workflowType: text, arguments: [{ metadata: { [text]: data }, data }] } },
          { queryWorkflow: { queryId: text, headers: { [text]: { data } } } },
        ],
      };
      const sent = officialTypes.activation.encode(activation).finish();
      const received = types.activation.decode(sent);
      expect(WorkflowActivation.toObject(received)).toEqual(
        WorkflowActivation.toObject(officialTypes.activation.decode(sent)),
      );
      expect(types.activation.encode(received).finish()).toEqual(sent);
      const completion = {
        runId: text,
        successful: {
          usedInternalFlags: numbers,
          commands: [{ scheduleActivity: { seq: 1, activityId: text, arguments: [{ data }] } }],
        },
      };
      const answered = types.completion.encode(completion).finish();
      expect(answered).toEqual(officialTypes.completion.encode(completion).finish());
    }),
    { numRuns: 50 },
  );
});
