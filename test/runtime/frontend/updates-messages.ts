import proto from '@temporalio/proto';
import type { ProtocolMessage } from '../../../src/core/proto.ts';

const { Acceptance, Rejection, Response } = proto.temporal.api.update.v1;
const url = (name: string): string => `type.googleapis.com/temporal.api.update.v1.${name}`;

/** What a worker says about an update. */
export const say = {
  accept: (id: string): ProtocolMessage => ({
    id: `${id}/accept`,
    protocolInstanceId: id,
    body: {
      type_url: url('Acceptance'),
      value: Acceptance.encode({ acceptedRequestMessageId: `${id}/request` }).finish(),
    },
  }),
  reject: (id: string): ProtocolMessage => ({
    id: `${id}/reject`,
    protocolInstanceId: id,
    body: { type_url: url('Rejection'), value: Rejection.encode({ failure: { message: 'no' } }).finish() },
  }),
  complete: (id: string): ProtocolMessage => ({
    id: `${id}/complete`,
    protocolInstanceId: id,
    body: {
      type_url: url('Response'),
      value: Response.encode({ meta: { updateId: id }, outcome: { success: {} } }).finish(),
    },
  }),
} as const;
