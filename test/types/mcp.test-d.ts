import type { MCPClient } from '@ai-sdk/mcp';
import { expectTypeOf, test } from 'vitest';
import type { McpClient } from '../../src/agent/mcp/client.ts';

test('the client of the optional package is what we take it for', () => {
  expectTypeOf<MCPClient>().toExtend<McpClient>();
});
