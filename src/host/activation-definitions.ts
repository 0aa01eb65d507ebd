import proto from '@temporalio/proto';
import protobuf from 'protobufjs/light.js';
import { type ActivationTypes, activationTypeNames, type TypeDefinitions } from './activation-types.ts';

/** The official types themselves. */
export const officialTypes: ActivationTypes = {
  activation: proto.coresdk.workflow_activation.WorkflowActivation,
  completion: proto.coresdk.workflow_completion.WorkflowActivationCompletion,
};

let definitions: TypeDefinitions | undefined;

/** The definitions of these types and of all that they refer to, as they can travel. */
export function activationDefinitions(): TypeDefinitions {
  definitions ??= definitionsOf(Object.values(activationTypeNames).map((name) => officialRoot().lookupType(name)));
  return definitions;
}

function officialRoot(): protobuf.Root {
  return (proto as unknown as { coresdk: protobuf.Namespace }).coresdk.root;
}

function definitionsOf(types: readonly protobuf.Type[]): TypeDefinitions {
  const found = new Map<string, protobuf.INamespace>();
  const visit = (object: protobuf.Type | protobuf.Enum): void => {
    const name = object.fullName.slice(1);
    if (found.has(name)) return;
    const { nested: _nested, ...definition } = object.toJSON() as protobuf.INamespace;
    found.set(name, definition);
    if (!(object instanceof protobuf.Type)) return;
    for (const field of object.fieldsArray) {
      const { resolvedType } = field.resolve();
      if (resolvedType !== null) visit(resolvedType);
    }
  };
  for (const type of types) visit(type);
  return Object.fromEntries(found);
}
