import { ConfigurationError } from '../../engine/errors.ts';
import type { McpServer } from './options.ts';

/** A tool as an MCP server lists it. */
export interface McpTool {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly inputSchema: object;
  readonly annotations?: object | undefined;
}

/** What we use of the clients of `@ai-sdk/mcp`. */
export interface McpClient {
  listTools(options: {
    readonly params?: { readonly cursor: string };
    readonly options?: { readonly signal?: AbortSignal };
  }): Promise<{ readonly tools: readonly McpTool[]; readonly nextCursor?: string | undefined }>;
  callTool(call: {
    readonly name: string;
    readonly arguments: Record<string, unknown>;
    readonly options: { readonly signal: AbortSignal };
  }): Promise<unknown>;
  close(): Promise<void>;
}

/** What we use of its transports. */
interface Transport {
  onclose?: () => void;
}

interface McpModule {
  createMCPClient(config: object): Promise<McpClient>;
}

interface StdioModule {
  StdioMCPTransport: new (config: object) => Transport;
}

const PACKAGE = '@ai-sdk/mcp';
const CONNECT_TIMEOUT_MS = 30_000;

/**
 * Connects to an MCP server. @param lost called when the connection is gone.
 * @throws ConfigurationError when `@ai-sdk/mcp` is not installed; and what it throws when the server can't be reached within 30 s.
 */
export async function connect(server: McpServer, name: string, lost: () => void): Promise<McpClient> {
  const { createMCPClient } = await load<McpModule>(PACKAGE, name);
  const common = { clientName: 'perdure', initializationOptions: { timeout: CONNECT_TIMEOUT_MS } };
  if (server.type === 'http') {
    const { url, headers } = server;
    const transport = { type: 'http', url, ...(headers && { headers }), onSessionExpired: lost };
    return createMCPClient({ ...common, transport });
  }
  const { StdioMCPTransport } = await load<StdioModule>(`${PACKAGE}/mcp-stdio`, name);
  const { type: _, ...process } = server;
  const transport = new StdioMCPTransport(process);
  const client = await createMCPClient({ ...common, transport });
  const told = transport.onclose;
  // The client listens itself.
  Object.assign(transport, {
    onclose: () => {
      told?.();
      lost();
    },
  });
  return client;
}

/** Loads a module of the optional package: by a variable, so that nothing needs it that uses no MCP server. */
async function load<Module>(module: string, name: string): Promise<Module> {
  try {
    return (await import(module)) as Module;
  } catch (cause) {
    throw new ConfigurationError(`mcpTools "${name}"`, `${PACKAGE} can't be loaded.`, {
      fix: `Run npm install ${PACKAGE}@2.`,
      cause,
    });
  }
}
