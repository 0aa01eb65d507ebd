import { MockActivityEnvironment, type MockActivityEnvironmentOptions } from '@temporalio/testing';
import type { Info } from '@temporalio/activity';
import type { ExecuteToolInput, Json } from '../../src/workflow/protocol/index.ts';
import { toolHash } from '../../src/agent/records.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { type AnyTool, DefinitionError } from '../../src/index.ts';

/** The error of a definition that must be refused. */
export function refusal(define: () => unknown): DefinitionError {
  try {
    define();
  } catch (error) {
    if (DefinitionError.is(error)) return error;
    throw error;
  }
  throw new Error('The definition was accepted.');
}

/** A call of a tool, as the loop makes it. */
export function callOf(tool: AnyTool, input: Json, more: Partial<ExecuteToolInput> = {}): ExecuteToolInput {
  return {
    tool: tool.name,
    toolHash: toolHash(tool),
    toolCallId: 's1.1',
    input,
    idempotencyKey: 'first-run:s1.1',
    caller: { agent: 'support', rootWorkflowId: 'root' },
    ...more,
  };
}

/** Where an activity runs without a worker. */
export function mockActivity(
  info: Partial<Info> = {},
  options: MockActivityEnvironmentOptions = {},
): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: silentLogger, ...options });
}
