/**
 * MCP servers as sources of tools. Needs the package `@ai-sdk/mcp`.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { ConfigurationError } from '../../engine/errors.ts';
import type { JsonSchema } from '../../workflow/protocol/index.ts';
import { checkKeys, checkName, checkOneOf, checkText, checkUnique } from '../checks.ts';
import { completeTool } from '../define-tool.ts';
import { DefinitionError } from '../errors.ts';
import { messageOf } from '../failures.ts';
import type { AnyTool, OpenToolSource, ToolContext, ToolSource } from '../types.ts';
import type { McpTool } from './client.ts';
import { McpConnection } from './connection.ts';
import type { McpApproval, McpToolsOptions } from './options.ts';
import { resultOf } from './result.ts';

export type { McpApproval, McpHttpServer, McpServer, McpStdioServer, McpToolsOptions } from './options.ts';

const KEYS = [
  'name',
  'server',
  'tools',
  'approval',
  'timeout',
  'retry',
  'maxResultBytes',
] as const satisfies readonly (keyof McpToolsOptions)[];

/**
 * The tools of an MCP server, for an agent's `tools`. The worker connects when it starts, and stays connected; a lost connection is made anew
 * by the next call.
 * @throws DefinitionError when something is missing, misspelt or impossible.
 * @example
 * const files = mcpTools({
 *   name: 'files',
 *   server: { type: 'stdio', command: 'npx', args: ['-y', '@modelcontextprotocol/server-filesystem', '/data'] },
 *   tools: ['read_file', 'write_file'],
 *   approval: { write_file: true },
 * });
 */
export function mcpTools(options: McpToolsOptions): ToolSource {
  checkKeys(options, KEYS, 'mcpTools');
  checkName(options.name, 'tool source');
  const path = `mcpTools "${options.name}"`;
  checkServer(options, path);
  if (options.tools !== undefined && !Array.isArray(options.tools))
    throw new DefinitionError(`${path}: tools`, 'is no list.', { fix: "List the server's names of tools." });
  // Finds what is wrong with the settings now, and not when the worker starts.
  toolOf(
    options,
    { name: 'example', inputSchema: { type: 'object' } },
    new McpConnection(options.name, options.server),
  );
  return Object.freeze<ToolSource>({ kind: 'tool-source', name: options.name, open: () => open(options, path) });
}

function checkServer({ server }: McpToolsOptions, path: string): void {
  checkKeys(server ?? null, ['type', 'command', 'args', 'env', 'cwd', 'url', 'headers'], `${path}: server`);
  checkOneOf(server.type, ['stdio', 'http'], `${path}: server.type`);
  if (server.type === 'stdio') return checkText(server.command, `${path}: server.command`, 'Name the program.');
  if (!URL.canParse(server.url) || !/^https?:$/.test(new URL(server.url).protocol))
    throw new DefinitionError(`${path}: server.url`, 'is no http(s) URL.', {
      fix: 'Give one, such as https://host/mcp.',
    });
}

async function open(options: McpToolsOptions, path: string): Promise<OpenToolSource> {
  const connection = new McpConnection(options.name, options.server);
  try {
    const listed = await list(connection, path);
    const chosen = choose(listed, options, path);
    const tools = chosen.map((tool) => toolOf(options, tool, connection));
    checkUnique(tools, path);
    return { tools, close: () => connection.close() };
  } catch (error) {
    await connection.close().catch(() => undefined);
    throw error;
  }
}

async function list(connection: McpConnection, path: string): Promise<readonly McpTool[]> {
  try {
    return await connection.listTools();
  } catch (cause) {
    if (ConfigurationError.is(cause)) throw cause;
    throw new ConfigurationError(path, `the server can't be reached: ${messageOf(cause)}.`, {
      fix: 'Check that it runs, and where.',
      cause,
    });
  }
}

/** The tools that are offered. A misspelt name would silently leave out a tool, or the approval of one. */
function choose(listed: readonly McpTool[], options: McpToolsOptions, path: string): readonly McpTool[] {
  const { tools, approval } = options;
  const byTool = typeof approval === 'object' ? Object.keys(approval) : [];
  for (const [key, names] of [['tools', tools ?? []] as const, ['approval', byTool] as const]) {
    const unknown = names.filter((name) => !listed.some((tool) => tool.name === name));
    if (unknown.length > 0)
      throw new DefinitionError(`${path}: ${key}`, `the server has no ${unknown.join(', ')}.`, {
        fix: `It has: ${listed.map(({ name }) => name).join(', ') || 'none'}.`,
      });
  }
  return tools ? listed.filter(({ name }) => tools.includes(name)) : listed;
}

function toolOf(options: McpToolsOptions, tool: McpTool, connection: McpConnection): AnyTool {
  const { name, timeout, retry, maxResultBytes } = options;
  const approval = approvalOf(options.approval, tool.name);
  return completeTool({
    name: toolName(name, tool.name),
    description: tool.description?.trim() || tool.title?.trim() || tool.name,
    inputJsonSchema: tool.inputSchema as JsonSchema,
    retry: retry ?? (mayRepeat(tool) ? {} : { maximumAttempts: 1 }),
    ...(timeout !== undefined && { timeout }),
    ...(maxResultBytes !== undefined && { maxResultBytes }),
    ...(approval !== undefined && { approval }),
    run: async (args: Record<string, unknown>, { signal }: ToolContext) =>
      resultOf(await connection.callTool(tool.name, args, signal)),
  });
}

function approvalOf(approval: McpToolsOptions['approval'], tool: string): McpApproval | undefined {
  if (typeof approval !== 'object') return approval;
  return Object.hasOwn(approval, tool) ? approval[tool] : undefined;
}

/** Whether the server says that calling twice does no harm. */
function mayRepeat({ annotations = {} }: McpTool): boolean {
  const { readOnlyHint, idempotentHint } = annotations as Readonly<Record<string, unknown>>;
  return readOnlyHint === true || idempotentHint === true;
}

const LONGEST_NAME = 64;

/** Servers may name tools as models can't: other characters become `_`, and what is too long ends in a hash. */
function toolName(server: string, tool: string): string {
  const name = `${server}_${tool}`.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  if (name.length <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(tool).digest('hex').slice(0, 8);
  return `${name.slice(0, LONGEST_NAME - 9)}_${hash}`;
}
