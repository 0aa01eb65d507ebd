import type { Command } from '../proto.ts';
import type { EventAttributes } from '../run/draft.ts';

/** A command's summary and details, which go with the event. */
export function userMetadata(command: Command): EventAttributes {
  return command.userMetadata ? { userMetadata: command.userMetadata } : {};
}
