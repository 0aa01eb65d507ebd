import type { ChannelOptions } from '@grpc/grpc-js';

/** Trailing metadata of every error that the owner sends; an error without it comes from the transport. */
export const ORIGIN_KEY = 'perdure-origin';

/** `answered`: the owner says so. `leaving`: the owner gives up the file, ask the next one. */
export type Origin = 'answered' | 'leaving';

/** Metadata of calls that may be given up: an id that no other call has. */
export const CALL_KEY = 'perdure-call';

/** The RPC by which a call is given up: with its id, as text. It still gets an answer, for a poll may have been given a task just then. */
export const CANCEL_PATH = '/perdure.Socket/Cancel';

/** Greatest message between processes that share a file. */
export const MAX_MESSAGE_BYTES: number = 128 * 1024 * 1024;

/** Options of both sides. */
export const CHANNEL_OPTIONS: ChannelOptions = {
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.enable_channelz': 0,
  // The end of a connection means the end of the owner, so a connection may not end because nobody uses it.
  'grpc.client_idle_timeout_ms': 2 ** 31 - 1,
  'grpc-node.flow_control_window': 4 * 1024 * 1024,
};
