import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { createAgentActivities } from '../../../src/agent/activities/index.ts';
import { type McpServer, mcpTools, type McpToolsOptions } from '../../../src/agent/mcp/index.ts';
import { AgentRegistry } from '../../../src/agent/registry.ts';
import type { AnyTool, OpenToolSource } from '../../../src/index.ts';
import { callOf, mockActivity, refusal } from '../support.ts';
import { HttpMcpServer } from './http-server.ts';

const program = fileURLToPath(new URL('../../fixtures/mcp-server.ts', import.meta.url));
const opened: OpenToolSource[] = [];
afterEach(async () => {
  for (const source of opened.splice(0)) await source.close();
});

type More = Partial<McpToolsOptions>;

async function open(server: McpServer, more: More = {}): Promise<Record<string, AnyTool>> {
  const source = await mcpTools({ name: 'fix', server, ...more }).open();
  opened.push(source);
  return Object.fromEntries(source.tools.map((tool) => [tool.name, tool]));
}

/** A server that is a process, and the ids of those that were started. */
function stdio(): { readonly server: McpServer; readonly started: () => readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'perdure-mcp-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'started');
  return {
    server: { type: 'stdio', command: process.execPath, args: [program], env: { MCP_FIXTURE: log } },
    started: () => readFileSync(log, 'utf8').trim().split('\n'),
  };
}

async function http(): Promise<{ readonly server: McpServer; readonly behind: HttpMcpServer }> {
  const behind = new HttpMcpServer();
  const url = await behind.start();
  onTestFinished(() => behind.stop());
  return { server: { type: 'http', url, headers: { authorization: 'Bearer x' } }, behind };
}

/** Calls a tool as the loop does. */
async function call(tool: AnyTool | undefined, input = {}, environment = mockActivity()): Promise<unknown> {
  if (!tool) throw new Error('There is no such tool.');
  const registry = new AgentRegistry({ tools: [tool] });
  const noModel = () => Promise.reject(new Error('No model is called here.'));
  const { 'agent.executeTool': execute } = createAgentActivities({ registry, secret: 'x' }, noModel);
  return environment.run(execute, callOf(tool, input));
}

describe.each([
  ['stdio', async () => stdio().server],
  ['http', async () => (await http()).server],
])('an MCP server over %s', (_, make) => {
  it('offers all of its tools under names of its own', async () => {
    const tools = await open(await make());
    expect(Object.keys(tools)).toEqual([
      'fix_echo',
      'fix_draw',
      'fix_fail',
      'fix_exit',
      'fix_hang',
      'fix_refuse',
      'fix_dotted_name_2',
      'fix_sum',
    ]);
    expect(tools['fix_echo']).toMatchObject({
      description: 'Says it again.',
      inputSchema: { properties: { text: { type: 'string' } } },
      retry: { maximumAttempts: 3 },
    });
    expect(tools['fix_draw']).toMatchObject({ description: 'Draws', retry: { maximumAttempts: 1 } });
  });

  it('is called with arguments that its schema allows', async () => {
    const { fix_echo: echo } = await open(await make());
    expect(await call(echo, { text: 'hello' })).toMatchObject({
      output: { type: 'text', value: expect.stringMatching(/^hello from \d+$/) },
    });
    await expect(call(echo, { text: 5 })).rejects.toMatchObject({
      type: 'InvalidArguments',
      message: 'The arguments of fix_echo are not valid: text: Instance type "number" is invalid. Expected "string".',
    });
  });

  it('answers with text, images, and structures', async () => {
    const tools = await open(await make());
    expect(await call(tools['fix_draw'])).toMatchObject({
      output: {
        type: 'content',
        value: [
          { type: 'text', text: 'Here:' },
          { type: 'file', mediaType: 'image/png', data: 'AQID' },
        ],
      },
    });
    expect(await call(tools['fix_sum'])).toMatchObject({ output: { type: 'json', value: { sum: 3 } } });
    expect(await call(tools['fix_dotted_name_2'])).toMatchObject({ output: { value: 'dotted.name/2' } });
  });

  it('says at once what is wrong with a call', async () => {
    const tools = await open(await make());
    const final = { type: 'ToolFailed', nonRetryable: true };
    await expect(call(tools['fix_fail'])).rejects.toMatchObject({ ...final, message: 'No such file.' });
    await expect(call(tools['fix_refuse'])).rejects.toMatchObject({
      ...final,
      message: expect.stringContaining('Unknown tool'),
    });
  });

  it('offers what is allowed, and asks where it is told to', async () => {
    const approval = { draw: true, echo: ({ text }: { text?: unknown }) => text === 'secret' };
    const tools = await open(await make(), { tools: ['echo', 'draw', 'sum'], approval });
    expect(Object.keys(tools)).toEqual(['fix_echo', 'fix_draw', 'fix_sum']);
    expect(tools['fix_draw']?.approval?.({} as never, {} as never)).toBe(true);
    expect(tools['fix_echo']?.approval?.({ text: 'secret' } as never, {} as never)).toBe(true);
    expect(tools['fix_echo']?.approval?.({ text: 'x' } as never, {} as never)).toBe(false);
    expect(tools['fix_sum']?.approval).toBeUndefined();
    const all = await open(await make(), { approval: true, retry: { maximumAttempts: 7 }, timeout: '5 s' });
    for (const tool of Object.values(all))
      expect(tool).toMatchObject({ timeout: 5_000, retry: { maximumAttempts: 7 } });
    expect(all['fix_sum']?.approval?.({} as never, {} as never)).toBe(true);
  });

  it('refuses names that it does not have', async () => {
    const server = await make();
    await expect(open(server, { tools: ['ecco'] })).rejects.toThrow(
      /tools: the server has no ecco\. It has: echo, draw/,
    );
    await expect(open(server, { approval: { drwa: true } })).rejects.toThrow(/approval: the server has no drwa/);
  });

  it('is not waited for when the run is cancelled', async () => {
    const { fix_hang: hang, fix_sum: sum } = await open(await make(), { tools: ['hang', 'sum'] });
    const environment = mockActivity();
    const result = call(hang, {}, environment);
    environment.cancel();
    await expect(result).rejects.toMatchObject({ name: 'CancelledFailure' });
    expect(await call(sum)).toMatchObject({ type: 'completed' });
  });
});

describe('a lost connection', () => {
  it('to a process that died is made anew by the next call', async () => {
    const { server, started } = stdio();
    const tools = await open(server);
    await expect(call(tools['fix_exit'])).rejects.toMatchObject({ type: 'ToolFailed', nonRetryable: false });
    const { output } = (await call(tools['fix_echo'], { text: 'again' })) as { output: { value: string } };
    expect(started()).toHaveLength(2);
    expect(output.value).toBe(`again from ${started()[1]}`);
  });

  it('by a session that expired is made anew for the same call', async () => {
    const { server, behind } = await http();
    const { fix_sum: sum } = await open(server);
    behind.endSessions();
    expect(await call(sum)).toMatchObject({ type: 'completed' });
    expect(behind.sessions).toBe(2);
    expect(behind.authorizations).toEqual(new Set(['Bearer x']));
  });

  it('by a server in trouble fails the call, which may have been made', async () => {
    const { server, behind } = await http();
    const { fix_sum: sum } = await open(server);
    behind.broken = 503;
    await expect(call(sum)).rejects.toMatchObject({ type: 'ToolFailed', nonRetryable: false });
    behind.broken = undefined;
    expect(await call(sum)).toMatchObject({ type: 'completed' });
  });

  it('is not made anew once the worker has ended', async () => {
    const { fix_sum: sum } = await open(stdio().server);
    await opened.pop()?.close();
    await expect(call(sum)).rejects.toThrow('The MCP server fix is disconnected: the worker has ended.');
  });
});

describe('mcpTools', () => {
  it.each([
    ['gives a cursor twice', (cursor?: string) => (cursor === 'a' ? 'b' : 'a'), 'it gave the same cursor twice'],
    ['never stops', (cursor?: string) => String(Number(cursor ?? 0) + 1), 'it goes on after 1000 pages'],
  ])('refuses a server that %s', async (_, nextCursor, reason) => {
    const { server, behind } = await http();
    behind.nextCursor = nextCursor;
    await expect(open(server)).rejects.toThrow(`mcpTools "fix": the server's list of tools has no end: ${reason}.`);
  });

  it('says when a server can not be reached', async () => {
    const server = { type: 'stdio', command: '/no/such/program' } as const;
    await expect(open(server)).rejects.toThrow(
      /^mcpTools "fix": the server can't be reached: .*ENOENT.* Check that it runs/s,
    );
    await expect(open({ type: 'http', url: 'http://127.0.0.1:1/mcp' })).rejects.toThrow(/can't be reached/);
  });

  it.each([
    ['an unknown option', { transport: {} }, /unknown option transport/],
    ['no server', { server: undefined }, /mcpTools "fix": server: expected an object/],
    ['another transport', { server: { type: 'sse' } }, /server\.type: "sse" is not possible/],
    ['no program', { server: { type: 'stdio' } }, /server\.command: is missing/],
    ['a URL that is none', { server: { type: 'http', url: 'localhost:80' } }, /server\.url: is no http\(s\) URL/],
    ['a name that models refuse', { name: 'my files' }, /tool source "my files": name/],
    ['tools that are no list', { tools: 'echo' }, /tools: is no list/],
    ['a time that is none', { timeout: 'long' }, /"long" is no time/],
  ])('refuses %s', (_, options, message) => {
    const server = { type: 'http', url: 'http://localhost/mcp' };
    expect(refusal(() => mcpTools({ name: 'fix', server, ...options } as McpToolsOptions)).message).toMatch(message);
  });

  it('shortens names that are too long, and keeps them apart', async () => {
    const name = 'n'.repeat(55);
    const tools = Object.keys(await open(stdio().server, { name }));
    expect(tools).toHaveLength(8);
    for (const tool of tools) expect(tool).toMatch(/^n{55}_[\w-]{3,8}$/);
  });
});
