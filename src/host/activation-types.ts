import type { coresdk } from '@temporalio/proto';
import protobuf from 'protobufjs/light.js';

/** Messages of one type, as bytes and back. */
export interface MessageType<Given, Decoded> {
  encode(message: Given): { finish(): Uint8Array };
  decode(bytes: Uint8Array): Decoded;
}

/** The types of what travels to a workflow thread and back. */
export interface ActivationTypes {
  readonly activation: MessageType<
    coresdk.workflow_activation.IWorkflowActivation,
    coresdk.workflow_activation.WorkflowActivation
  >;
  readonly completion: MessageType<
    coresdk.workflow_completion.IWorkflowActivationCompletion,
    coresdk.workflow_completion.WorkflowActivationCompletion
  >;
}

/** Definitions of types by their full names without the leading dot, each without the types nested in it. */
export type TypeDefinitions = Readonly<Record<string, protobuf.INamespace>>;

/** Full names of the two types. */
export const activationTypeNames = {
  activation: 'coresdk.workflow_activation.WorkflowActivation',
  completion: 'coresdk.workflow_completion.WorkflowActivationCompletion',
} as const;

/** Makes the types from their definitions. A thread does so because to load all definitions takes several times as long as all else that it loads. */
export function makeActivationTypes(definitions: TypeDefinitions): ActivationTypes {
  const nested: Record<string, protobuf.INamespace> = {};
  for (const [fullName, definition] of Object.entries(definitions)) {
    let level = nested;
    const path = fullName.split('.');
    const name = path.pop() ?? '';
    for (const part of path) level = (level[part] ??= {}).nested = (level[part].nested ?? {}) as typeof nested;
    level[name] = { ...level[name], ...definition };
  }
  const root = protobuf.Root.fromJSON({ nested });
  return {
    activation: root.lookupType(activationTypeNames.activation),
    completion: root.lookupType(activationTypeNames.completion),
  } as unknown as ActivationTypes;
}
