import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { answer, type Message } from '../../fixtures/mcp-server.ts';

/** The fixture over HTTP, with sessions that a test may end. */
export class HttpMcpServer {
  /** Of requests: the header that a test sends. */
  readonly authorizations = new Set<string | undefined>();
  /** How many were begun. */
  sessions = 0;
  /** Answers everything with this status. */
  broken: number | undefined;
  /** Instead of the fixture's pages of tools: the cursor after the page of a cursor. */
  nextCursor: ((cursor: string | undefined) => string) | undefined;
  readonly #open = new Set<string>();
  readonly #server: Server = createServer((request, response) => void this.#serve(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/mcp`;
  }

  /** As a server does that was started anew. */
  endSessions(): void {
    this.#open.clear();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(message: Message): object | undefined {
    if (message.method !== 'tools/list' || !this.nextCursor) return answer(message);
    const result = { tools: [], nextCursor: this.nextCursor(message.params?.cursor) };
    return { jsonrpc: '2.0', id: message.id, result };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.authorizations.add(request.headers.authorization);
    if (this.broken !== undefined) return void response.writeHead(this.broken).end();
    if (request.method !== 'POST') return void response.writeHead(405).end();
    const message = JSON.parse(Buffer.concat(await request.toArray()).toString()) as Message;
    const session = request.headers['mcp-session-id'];
    if (session !== undefined && !this.#open.has(String(session))) return void response.writeHead(404).end();
    const reply = this.#answer(message);
    if (!reply) return void response.writeHead(202).end();
    if (message.method === 'initialize') {
      this.sessions += 1;
      const id = randomUUID();
      this.#open.add(id);
      response.setHeader('mcp-session-id', id);
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  }
}
