import { randomUUID } from 'node:crypto';

/** What is done to data on their way, as toxiproxy has it. */
export interface Toxic {
  readonly type: 'latency' | 'bandwidth' | 'timeout' | 'reset_peer' | 'slicer';
  /** From the clients to the server, or back. */
  readonly stream: 'upstream' | 'downstream';
  readonly attributes: Readonly<Record<string, number>>;
}

/** A way to a server on this machine that a test may disturb. */
export class Proxy {
  readonly port: number;
  readonly #url: string;

  /** @param api address of toxiproxy. @param port of the server. */
  static async open(api: string, port: number): Promise<Proxy> {
    const name = randomUUID();
    const proxy = { name, listen: '127.0.0.1:0', upstream: `127.0.0.1:${port}`, enabled: true };
    const { listen } = (await send(`${api}/proxies`, 'POST', proxy)) as { readonly listen: string };
    return new Proxy(`${api}/proxies/${name}`, Number(listen.slice(listen.lastIndexOf(':') + 1)));
  }

  private constructor(url: string, port: number) {
    this.#url = url;
    this.port = port;
  }

  /** Ends all connections, and takes no more. */
  async cut(): Promise<void> {
    await send(this.#url, 'POST', { enabled: false });
  }

  /** Takes connections again, at the same port. */
  async mend(): Promise<void> {
    await send(this.#url, 'POST', { enabled: true, listen: `127.0.0.1:${this.port}` });
  }

  /** Disturbs what goes on, until the returned function is called. */
  async disturb(toxic: Toxic): Promise<() => Promise<void>> {
    const name = randomUUID();
    await send(`${this.#url}/toxics`, 'POST', { name, ...toxic });
    return async () => void (await send(`${this.#url}/toxics/${name}`, 'DELETE'));
  }

  async close(): Promise<void> {
    await send(this.#url, 'DELETE');
  }
}

async function send(url: string, method: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await response.text();
  if (!response.ok) throw new Error(`toxiproxy answers ${method} ${url} with ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
