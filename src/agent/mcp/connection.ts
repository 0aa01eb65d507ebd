import { ConfigurationError } from '../../engine/index.ts';
import { ToolError } from '../tool-error.ts';
import { connect, type McpClient, type McpTool } from './client.ts';
import type { McpServer } from './options.ts';

/** A client and what is known of it. */
interface Link {
  readonly client: Promise<McpClient>;
  /** Calls that it works on. */
  calls: number;
  /** No further call uses it; it is closed once no call does. */
  lost: boolean;
}

/** The connection to an MCP server: kept open, and made again when it was lost. */
export class McpConnection {
  readonly #name: string;
  readonly #server: McpServer;
  #link: Link | undefined;
  #closed = false;

  constructor(name: string, server: McpServer) {
    this.#name = name;
    this.#server = server;
  }

  /** All tools of the server. @throws ConfigurationError when its list has no end. */
  async listTools(): Promise<readonly McpTool[]> {
    const client = await this.#connected().client;
    const tools: McpTool[] = [];
    const seen = new Set<string>();
    for (let cursor: string | undefined; ;) {
      const page = await client.listTools(cursor === undefined ? {} : { params: { cursor } });
      tools.push(...page.tools);
      cursor = page.nextCursor;
      if (cursor === undefined) break;
      if (seen.has(cursor)) throw endless(this.#name, 'it gave the same cursor twice');
      if (seen.add(cursor).size >= MOST_PAGES) throw endless(this.#name, `it goes on after ${MOST_PAGES} pages`);
    }
    return tools;
  }

  /**
   * Calls a tool. A call that the server refused for an expired session is made once more; any other might have been made already.
   * @throws ToolError when the server refuses the call.
   */
  async callTool(name: string, args: Record<string, unknown>, signal: AbortSignal): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      const link = this.#connected();
      link.calls += 1;
      try {
        const client = await link.client;
        return await client.callTool({ name, arguments: args, options: { signal } });
      } catch (error) {
        if (signal.aborted) throw error;
        const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown };
        if (typeof code === 'number' && statusCode === undefined) throw refused(error, code);
        this.#lose(link);
        if (statusCode !== SESSION_EXPIRED || attempt > 1) throw error;
      } finally {
        link.calls -= 1;
        closeIfLost(link);
      }
    }
  }

  /** Disconnects, for good. */
  async close(): Promise<void> {
    this.#closed = true;
    const client = await this.#link?.client.catch(() => undefined);
    await client?.close();
  }

  #connected(): Link {
    if (this.#closed) throw new Error(`The MCP server ${this.#name} is disconnected: the worker has ended.`);
    if (this.#link) return this.#link;
    const client = connect(this.#server, this.#name, () => this.#lose(link));
    const link: Link = { client, calls: 0, lost: false };
    client.catch(() => this.#lose(link));
    this.#link = link;
    return link;
  }

  /** The next call connects anew. */
  #lose(link: Link): void {
    link.lost = true;
    if (this.#link === link) this.#link = undefined;
    closeIfLost(link);
  }
}

function closeIfLost({ lost, calls, client }: Link): void {
  if (lost && calls === 0) client.then((each) => each.close()).catch(() => undefined);
}

/** No server has so many tools that a model could choose from. */
const MOST_PAGES = 1000;

function endless(name: string, reason: string): ConfigurationError {
  return new ConfigurationError(`mcpTools "${name}"`, `the server's list of tools has no end: ${reason}.`, {
    fix: 'Mend or update the server.',
  });
}

const SESSION_EXPIRED = 404;
/** JSON-RPC: no such method, and parameters that are not valid. */
const FINAL_CODES = [-32_601, -32_602];

function refused(error: unknown, code: number): ToolError {
  const message = error instanceof Error ? error.message : String(error);
  return new ToolError(message, { retryable: !FINAL_CODES.includes(code), cause: error });
}
