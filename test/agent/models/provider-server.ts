import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the provider answers one request. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A provider on loopback that speaks the chat completions API, and answers as it is told. */
export class ProviderServer {
  readonly baseURL: string;
  readonly bodies: unknown[] = [];
  readonly #close: () => Promise<void>;

  private constructor(baseURL: string, bodies: unknown[], close: () => Promise<void>) {
    this.baseURL = baseURL;
    this.bodies = bodies;
    this.#close = close;
  }

  static async start(...answers: Answer[]): Promise<ProviderServer> {
    const bodies: unknown[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
        const answer = answers[bodies.length - 1];
        if (answer) answer(response, request);
        else response.writeHead(500).end('asked too often');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new ProviderServer(`http://127.0.0.1:${port}/v1`, bodies, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
  }

  async stop(): Promise<void> {
    await this.#close();
  }
}

/** An error as the API has it. */
export function failing(status: number, headers: Record<string, string> = {}, error: object = {}): Answer {
  return (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify({ error: { message: 'It failed.', type: 'some_error', code: null, param: null, ...error } }));
}

/** One event of a stream. */
export function event(delta: object, finishReason: string | null = null, usage?: object): string {
  const chunk = {
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'gpt-test-2026',
    choices: [{ index: 0, delta, finish_reason: finishReason }],
    ...(usage ? { usage } : {}),
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** A stream of events; `then` says how it goes on: it ends, it stays open, or the connection breaks. */
export function streaming(events: readonly string[], then: 'end' | 'stay' | 'break' = 'end'): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(events.join(''), () => {
      if (then === 'end') response.end();
      if (then === 'break') response.destroy();
    });
  };
}
