import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Token, TokenChannel } from '../../../src/agent/token-channel.ts';
import { BroadcastTokens } from '../../../src/agent/tokens/broadcast-tokens.ts';
import type { Broadcasts } from '../../../src/engine/index.ts';
import { LocalTokens, processTokens } from '../../../src/agent/tokens/local-tokens.ts';
import { openSocketTokens } from '../../../src/agent/tokens/socket-tokens.ts';

const token = (text: string, workflowId = 'one', offset = 0): Token => ({
  workflowId,
  agent: 'support',
  step: 1,
  attempt: 1,
  offset,
  type: 'text',
  text,
});

/** Keeps what it hears, and tells when it has heard enough. */
class Ear {
  readonly heard: string[] = [];
  readonly listener = ({ text }: Token): void => {
    this.heard.push(text);
    this.#changed();
  };
  #changed: () => void = () => {};

  async until(enough: (heard: readonly string[]) => boolean): Promise<void> {
    while (!enough(this.heard)) await new Promise<void>((resolve) => (this.#changed = resolve));
  }
}

/** Messages of an engine that arrive at once. */
function broadcasts(): Broadcasts {
  const listeners = new Set<readonly [topic: string, listener: (text: string) => void]>();
  return {
    publish: (topic, text) => {
      for (const [wanted, listener] of listeners) if (wanted === topic) listener(text);
    },
    subscribe: (topic, listener) => {
      const entry = [topic, listener] as const;
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
  };
}

describe.each([
  ['of its own', () => new LocalTokens()],
  ['of the process', processTokens],
  ['over the messages of an engine', () => new BroadcastTokens(broadcasts())],
])('a channel %s', (_, make) => {
  it('carries tokens to all who listen to their run, until they stop', async () => {
    const tokens = make();
    const [first, second, other] = [new Ear(), new Ear(), new Ear()];
    const stop = tokens.subscribe('one', first.listener);
    const stopSecond = tokens.subscribe('one', second.listener);
    const stopOther = tokens.subscribe('two', other.listener);
    tokens.publish(token('a'));
    stop();
    stop();
    tokens.publish(token('b'));
    tokens.publish(token('c', 'two'));
    expect([first.heard, second.heard, other.heard]).toEqual([['a'], ['a', 'b'], ['c']]);
    stopSecond();
    stopOther();
    tokens.publish(token('d'));
    await tokens.close();
    expect(second.heard).toEqual(['a', 'b']);
  });

  it('does not care what listeners throw', () => {
    const tokens = make();
    const ear = new Ear();
    const stops = [
      tokens.subscribe('one', () => {
        throw new Error('a broken terminal');
      }),
      tokens.subscribe('one', ear.listener),
    ];
    tokens.publish(token('a'));
    expect(ear.heard).toEqual(['a']);
    stops.forEach((stop) => stop());
  });

  it('hears one function as often as it listens', () => {
    const tokens = make();
    const ear = new Ear();
    const stop = tokens.subscribe('one', ear.listener);
    const stopAgain = tokens.subscribe('one', ear.listener);
    stop();
    tokens.publish(token('a'));
    expect(ear.heard).toEqual(['a']);
    stopAgain();
  });
});

describe('a channel of the process', () => {
  it('is one, and stays open', async () => {
    const ear = new Ear();
    const stop = processTokens().subscribe('one', ear.listener);
    await processTokens().close();
    processTokens().publish(token('a'));
    expect(ear.heard).toEqual(['a']);
    stop();
  });
});

describe('a channel over the messages of an engine', () => {
  it('hears others, and only what is a token of the run', async () => {
    const shared = broadcasts();
    const topics: string[] = [];
    const spied: Broadcasts = {
      ...shared,
      publish: (topic, text) => (topics.push(topic), shared.publish(topic, text)),
    };
    const [worker, client, ear] = [new BroadcastTokens(spied), new BroadcastTokens(shared), new Ear()];
    client.subscribe('one', ear.listener);
    worker.publish(token('a'));
    const [topic = ''] = topics;
    for (const noise of ['no JSON', '{}', JSON.stringify(token('b', 'two'))]) shared.publish(topic, noise);
    worker.publish(token('c'));
    expect(ear.heard).toEqual(['a', 'c']);
  });

  it('is silent once it is closed', async () => {
    const shared = broadcasts();
    const [worker, client, ear] = [new BroadcastTokens(shared), new BroadcastTokens(shared), new Ear()];
    client.subscribe('one', ear.listener);
    await client.close();
    worker.publish(token('a'));
    client.subscribe('one', ear.listener);
    worker.publish(token('b'));
    const other = new Ear();
    new BroadcastTokens(shared).subscribe('one', other.listener);
    await worker.close();
    worker.publish(token('c'));
    expect([ear.heard, other.heard]).toEqual([[], []]);
  });
});

describe('a channel of several processes', () => {
  let folder: string;
  let database: string;
  const channels: TokenChannel[] = [];
  const children: ChildProcessWithoutNullStreams[] = [];

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'pt-')));
    database = join(folder, 'p.db');
  });
  afterEach(async () => {
    await Promise.all(channels.splice(0).map((channel) => channel.close()));
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  async function open(publishes = true): Promise<TokenChannel> {
    const channel = await openSocketTokens(database, { publishes });
    channels.push(channel);
    return channel;
  }
  const sockets = async (): Promise<string[]> => (await readdir(`${database}.tokens`)).toSorted();

  async function spawnPublisher(...args: string[]): Promise<ChildProcessWithoutNullStreams> {
    const script = fileURLToPath(new URL('./fixtures/publish.ts', import.meta.url));
    const child = spawn(process.execPath, [script, database, 'one', ...args]);
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  }

  /** Publishes until somebody hears it: how long a subscriber takes to connect is its own affair. */
  async function untilHeard(publish: (text: string) => void, ear: Ear, text: string): Promise<void> {
    const again = setInterval(() => publish(text), 5);
    await ear.until((heard) => heard.includes(text));
    clearInterval(again);
  }

  it('carries tokens between them, whoever comes first, and nothing that nobody wants', async () => {
    const reader = await open(false);
    const ear = new Ear();
    reader.subscribe('one', ear.listener);
    const [early, late] = [await open(), await open()];
    await untilHeard((text) => early.publish(token(text)), ear, 'early');
    await untilHeard((text) => late.publish(token(text)), ear, 'late');
    early.publish(token('other', 'two'));
    await untilHeard((text) => early.publish(token(text)), ear, 'end');
    expect(new Set(ear.heard)).toEqual(new Set(['early', 'late', 'end']));
    expect(await sockets()).toHaveLength(2);
  });

  it('carries all of them in their order to one who keeps up', async () => {
    const [writer, reader] = [await open(), await open()];
    const ear = new Ear();
    reader.subscribe('one', ear.listener);
    await untilHeard((text) => writer.publish(token(text)), ear, 'begin');
    const texts = Array.from({ length: 500 }, (_, index) => `${index} \n 😀 "`);
    for (const text of texts) writer.publish(token(text));
    await ear.until((heard) => heard.at(-1) === texts.at(-1));
    expect(ear.heard.filter((text) => text !== 'begin')).toEqual(texts);
  });

  it('is heard once in the process that speaks', async () => {
    const both = await open();
    const ear = new Ear();
    const stop = both.subscribe('one', ear.listener);
    const reader = await open(false);
    const other = new Ear();
    reader.subscribe('one', other.listener);
    let count = 0;
    await untilHeard((text) => both.publish(token(`${++count}`, 'one')) ?? both.publish(token(text)), other, 'x');
    expect(ear.heard.filter((text) => text !== 'x')).toEqual(
      Array.from({ length: count }, (_, index) => `${index + 1}`),
    );
    stop();
    both.publish(token('after'));
    expect(ear.heard).not.toContain('after');
  });

  it('hears of a run again that it had stopped to listen to', async () => {
    const [writer, reader] = [await open(), await open(false)];
    const [first, second] = [new Ear(), new Ear()];
    const stop = reader.subscribe('one', first.listener);
    await untilHeard((text) => writer.publish(token(text)), first, 'a');
    stop();
    reader.subscribe('one', second.listener);
    await untilHeard((text) => writer.publish(token(text)), second, 'b');
    expect(first.heard).not.toContain('b');
  });

  it('removes the socket of a process that was killed, and hears the next one', async () => {
    const killed = await spawnPublisher('stay');
    const ear = new Ear();
    (await open(false)).subscribe('one', ear.listener);
    await untilHeard((text) => killed.stdin.write(`${text}\n`), ear, 'first');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    const next = await spawnPublisher('stay');
    await untilHeard((text) => next.stdin.write(`${text}\n`), ear, 'second');
    await expect.poll(sockets).toEqual([`${next.pid}-1.sock`]);
  });

  it('keeps no process alive', async () => {
    const child = await spawnPublisher();
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
  });

  it('is open to its user only', async () => {
    await open();
    expect((await stat(`${database}.tokens`)).mode & 0o777).toBe(0o700);
    await mkdir(join(folder, 'q.db.tokens'));
    await chmod(join(folder, 'q.db.tokens'), 0o755);
    await expect(openSocketTokens(join(folder, 'q.db'))).rejects.toMatchObject({ code: 'CONFIGURATION' });
  });

  it('goes where sockets may be when the path is too long for them', async () => {
    database = join(folder, 'x'.repeat(60), 'y'.repeat(60), 'p.db');
    const [writer, reader] = [await open(), await open(false)];
    const ear = new Ear();
    reader.subscribe('one', ear.listener);
    await untilHeard((text) => writer.publish(token(text)), ear, 'far');
  });

  it('drops tokens for one who does not read, and no others', async () => {
    const [writer, reader] = [await open(), await open(false)];
    const ear = new Ear();
    reader.subscribe('one', ear.listener);
    await untilHeard((text) => writer.publish(token(text)), ear, 'begin');
    const [name] = await sockets();
    const stuck = createConnection(join(`${database}.tokens`, name ?? ''));
    stuck.write('{"runs":["one"]}\n');
    stuck.pause();
    await once(stuck, 'connect');
    const large = 'x'.repeat(100_000);
    for (let index = 0; index < 300; index += 1) {
      writer.publish(token(large));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await untilHeard((text) => writer.publish(token(text)), ear, 'end');
    let received = 0;
    stuck.on('data', (chunk) => (received += chunk.length)).resume();
    const closed = once(stuck, 'close');
    await writer.close();
    await closed;
    // Of 30 MB: what was on its way, and what waited.
    expect(received).toBeLessThan(10_000_000);
  });

  it('hangs up on what makes no sense, and goes on', async () => {
    const [writer, reader] = [await open(), await open(false)];
    const strange = createServer((socket) => socket.resume().end('GET / HTTP/1.1\n{"workflowId":"one","text":7}\n'));
    await new Promise<void>((resolve) => strange.listen(join(`${database}.tokens`, '1-1.sock'), resolve));
    await writeFile(join(`${database}.tokens`, '2-1.sock'), 'no socket');
    const ear = new Ear();
    reader.subscribe('one', ear.listener);
    const [own = ''] = (await sockets()).filter((name) => name.startsWith(`${process.pid}-`));
    const rude = createConnection(join(`${database}.tokens`, own));
    rude.write('}{\n');
    await once(rude.resume(), 'close');
    for (const sent of ['null\n', '{"runs":7}\n', '{"runs":[7,null]}\n']) {
      createConnection(join(`${database}.tokens`, own)).end(sent);
    }
    await untilHeard((text) => writer.publish(token(text)), ear, 'still here');
    expect(new Set(ear.heard)).toEqual(new Set(['still here']));
    await new Promise((resolve) => strange.close(resolve));
  });

  it('says and hears nothing when it is closed', async () => {
    const [writer, reader] = [await open(), await open(false)];
    const ear = new Ear();
    reader.subscribe('one', ear.listener);
    await writer.close();
    writer.publish(token('a'));
    writer.subscribe('one', ear.listener)();
    await reader.close();
    expect(ear.heard).toEqual([]);
    expect(await sockets()).toEqual([]);
  });
});
