import type { JsonObject } from '../../workflow/protocol/index.ts';
import type { RetryOptions } from '../checks.ts';
import type { ApprovalAnswer, ApprovalContext, Time } from '../types.ts';

/** An MCP server that is a process of its own, started by the worker. */
export interface McpStdioServer {
  /** Tells it from a server that is reached by HTTP. */
  readonly type: 'stdio';
  /** The program. */
  readonly command: string;
  /** Its arguments. */
  readonly args?: readonly string[];
  /** Its environment, beside `PATH`, `HOME` and the like. The rest of the worker's environment stays with the worker. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs. Default: as the worker. */
  readonly cwd?: string;
}

/** An MCP server that is reached by HTTP. */
export interface McpHttpServer {
  /** Tells it from a server that is a process. */
  readonly type: 'http';
  /** Where it listens. */
  readonly url: string;
  /** Sent with every request, e.g. `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where an MCP server is. */
export type McpServer = McpStdioServer | McpHttpServer;

/** Whether a person has to decide on a call. */
export type McpApproval =
  | boolean
  | ((args: JsonObject, context: ApprovalContext<never>) => ApprovalAnswer | Promise<ApprovalAnswer>);

/** How the tools of an MCP server are offered. */
export interface McpToolsOptions {
  /** Models call its tools `<name>_<tool>`. */
  readonly name: string;
  /** Where it is. */
  readonly server: McpServer;
  /** Which of its tools are offered, as it names them. Default: all. */
  readonly tools?: readonly string[];
  /** Whether a person has to decide first: for all of its tools, or tool by tool, as it names them. Default: never. */
  readonly approval?: McpApproval | Readonly<Record<string, McpApproval>>;
  /** Of one attempt. Default: 60 s. */
  readonly timeout?: Time;
  /** Default: 3 attempts of a tool that the server calls read-only or idempotent, and 1 of any other: it can't know of an attempt before. */
  readonly retry?: RetryOptions;
  /** Largest result, in bytes of JSON. Default: 262,144. */
  readonly maxResultBytes?: number;
}
