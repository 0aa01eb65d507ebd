import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { type ChainSize, sizeOfChain } from './history-size.ts';
import { instructionsOf } from './model.ts';

/** A long conversation: what it begins with, and how many calls the model makes on it. */
export interface ConversationRequest {
  /** Of the text that the user begins with, in bytes. */
  readonly bytes: number;
  readonly calls: number;
  /** Ends it when it takes longer. */
  readonly seconds: number;
}

/** What became of it. */
export interface ConversationFigures extends ChainSize {
  /** Whether the run completed. */
  readonly finished: boolean;
  /** How it ended. */
  readonly ended: string;
  readonly seconds: number;
}

/** How a system has a conversation. */
export interface Conversation {
  readonly client: Client;
  /** The activity that calls the model: with each a turn begins. */
  readonly modelActivity: string;
  start(input: string, id: string): Promise<unknown>;
}

/** Has a conversation to its end, if it has one, and measures its history. */
export async function converse(
  { client, modelActivity, start }: Conversation,
  { bytes, calls, seconds }: ConversationRequest,
): Promise<ConversationFigures> {
  const id = `conversation-${randomUUID()}`;
  const line = 'All the numbers that anybody will ever want to look up stand in this document.\n';
  const document = line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes);
  const started = performance.now();
  await start(`${instructionsOf(calls)}\n${document}`, id);
  const handle = client.workflow.getHandle(id);
  const ended = await endOf(handle, seconds);
  const took = (performance.now() - started) / 1000;
  return {
    finished: ended === 'completed',
    ended,
    seconds: took,
    ...(await sizeOfChain(client, id, modelActivity)),
  };
}

async function endOf(handle: WorkflowHandle, seconds: number): Promise<string> {
  const timeUp = new AbortController();
  const result = handle.result().then(
    () => 'completed',
    (error: unknown) => reasonOf(error),
  );
  const stopped = delay(seconds * 1000, `stopped after ${seconds} s`, { signal: timeUp.signal });
  stopped.catch(() => {});
  const ended = await Promise.race([result, stopped]);
  timeUp.abort();
  if (ended.startsWith('stopped')) await handle.terminate('The time of the measurement is over.').catch(() => {});
  return ended;
}

function reasonOf(error: unknown): string {
  const messages: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) messages.push(at.message);
  return messages.join(': ').slice(0, 300) || String(error);
}
