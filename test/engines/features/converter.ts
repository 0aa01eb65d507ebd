import {
  CompositePayloadConverter,
  DefaultFailureConverter,
  JsonPayloadConverter,
  METADATA_ENCODING_KEY,
  type Payload,
  type PayloadConverter,
  type PayloadConverterWithEncoding,
  type ProtoFailure,
  UndefinedPayloadConverter,
} from '@temporalio/common';
import { isMoney, Money } from './money.ts';

const text = { encode: (value: string) => new TextEncoder().encode(value), decode: new TextDecoder() };

class MoneyConverter implements PayloadConverterWithEncoding {
  readonly encodingType = 'test/money';

  toPayload(value: unknown): Payload | undefined {
    // The test's class is another copy of the same module.
    if (!isMoney(value)) return undefined;
    return {
      metadata: { [METADATA_ENCODING_KEY]: text.encode(this.encodingType) },
      data: text.encode(String(value.cents)),
    };
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the interface has it so
  fromPayload<T>(payload: Payload): T {
    return new Money(Number(text.decode.decode(payload.data ?? new Uint8Array()))) as T;
  }
}

/** Loaded by path, by the client, the worker and the workflow. */
export const payloadConverter: PayloadConverter = new CompositePayloadConverter(
  new UndefinedPayloadConverter(),
  new MoneyConverter(),
  new JsonPayloadConverter(),
);

class DiscreetFailureConverter extends DefaultFailureConverter {
  override errorToFailure(error: unknown, converter: PayloadConverter): ProtoFailure {
    const failure = super.errorToFailure(error, converter);
    return { ...failure, message: failure.message?.replace(/\d+/g, '**') ?? '' };
  }
}

/** Loaded by path, as `payloadConverter`. */
export const failureConverter: DiscreetFailureConverter = new DiscreetFailureConverter();
