import type { LoadedDataConverter, Payload, ProtoFailure, SerializationContext } from '@temporalio/common';
import { ExternalStorageRunner } from '../../official-client.ts';

/** Whose payloads are decoded: what a codec may make its keys depend on. */
export interface PayloadOwner {
  readonly namespace: string;
  readonly workflowId: string;
  /** Set for what an activity was given and returned. */
  readonly activityId?: string;
}

/** Reads payloads of history with a client's data converter. */
export class PayloadReader {
  readonly #converter: LoadedDataConverter;
  readonly #namespace: string;

  constructor(converter: LoadedDataConverter, namespace: string) {
    this.#converter = converter;
    this.#namespace = namespace;
  }

  /** The first value of a list of payloads; `undefined` when there is none. */
  async first(
    payloads: { readonly payloads?: readonly Payload[] | null } | null | undefined,
    owner: Omit<PayloadOwner, 'namespace'>,
  ): Promise<unknown> {
    const payload = payloads?.payloads?.[0];
    return payload ? await this.#decode(payload, owner) : undefined;
  }

  /** All values of a list of payloads. */
  async all(
    payloads: { readonly payloads?: readonly Payload[] | null } | null | undefined,
    owner: Omit<PayloadOwner, 'namespace'>,
  ): Promise<unknown[]> {
    return await Promise.all((payloads?.payloads ?? []).map((payload) => this.#decode(payload, owner)));
  }

  /** The message of a failure, also of an encoded one. */
  async messageOf(failure: ProtoFailure | null | undefined, owner: Omit<PayloadOwner, 'namespace'>): Promise<string> {
    if (!failure) return '';
    if (failure.encodedAttributes) {
      const attributes = (await this.#decode(failure.encodedAttributes, owner)) as { message?: unknown } | undefined;
      if (typeof attributes?.message === 'string') return attributes.message;
    }
    return failure.message || (await this.messageOf(failure.cause, owner));
  }

  async #decode(payload: Payload, owner: Omit<PayloadOwner, 'namespace'>): Promise<unknown> {
    const { activityId, workflowId } = owner;
    const namespace = this.#namespace;
    const context =
      activityId === undefined
        ? ({ type: 'workflow', namespace, workflowId } as const)
        : ({ type: 'activity', namespace, workflowId, activityId, isLocal: false } as const);
    return await decodePayload(this.#converter, payload, context);
  }
}

/** The value of a payload: fetched if it is stored elsewhere, then decrypted, then read. */
export async function decodePayload(
  { externalStorage, payloadCodecs, payloadConverter }: LoadedDataConverter,
  payload: Payload,
  context: SerializationContext,
): Promise<unknown> {
  let payloads = [payload];
  if (externalStorage !== undefined) payloads = await new ExternalStorageRunner(externalStorage).retrieve(payloads);
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads, context);
  const [decoded] = payloads;
  return decoded && payloadConverter.fromPayload(decoded, context);
}
