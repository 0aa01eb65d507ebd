import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { acquireOwnership } from '../../../src/engines/embedded/owner.ts';
import type { AnyCall } from '../../../src/runtime/rpc-methods.ts';
import { connectSocket, originOf } from '../../../src/engines/embedded/socket-client.ts';
import type { SocketClient, SocketClientOptions } from '../../../src/engines/embedded/socket-client.ts';
import { chooseSocketPath, leaveSocketPath } from '../../../src/engines/embedded/socket-path.ts';
import { serveSocket } from '../../../src/engines/embedded/socket-server.ts';
import type { SocketServer } from '../../../src/engines/embedded/socket-server.ts';
import { grpcStatus, workflowAlreadyStarted, workflowNotFound } from '../../../src/runtime/errors.ts';
import { endlessPoll, fakeService } from './fake-service.ts';
import { temporaryDirectory } from './support.ts';

async function serve(calls: Readonly<Record<string, AnyCall>>): Promise<SocketServer> {
  const server = await serveSocket(fakeService(calls), join(temporaryDirectory(), 'owner.sock'));
  onTestFinished(() => server.close());
  return server;
}

async function connect(
  calls: Readonly<Record<string, AnyCall>>,
  options: SocketClientOptions = {},
): Promise<SocketClient> {
  const client = await connectSocket((await serve(calls)).path, options);
  onTestFinished(() => client.close());
  return client;
}

describe('calls through a socket', () => {
  test('carry requests and responses', async () => {
    const { service } = await connect({
      signalWorkflowExecution: async (request) => {
        expect(request).toMatchObject({
          namespace: 'n',
          signalName: 's',
          input: { payloads: [{ data: Buffer.from('1') }] },
        });
        return {};
      },
      startWorkflowExecution: async () => ({ runId: 'run', started: true }),
    });
    const input = { payloads: [{ data: Buffer.from('1') }] };
    await service.signalWorkflowExecution({ namespace: 'n', signalName: 's', input });
    expect(await service.startWorkflowExecution({})).toMatchObject({ runId: 'run', started: true });
  });

  test('carry errors with their details', async () => {
    const { service } = await connect({
      startWorkflowExecution: async () => {
        throw workflowAlreadyStarted('running', 'wörkflow', { runId: 'run', startRequestId: 'r' });
      },
      getSystemInfo: async () => {
        throw new Error('a bug');
      },
    });
    const error: unknown = await service.startWorkflowExecution({}).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: grpcStatus.ALREADY_EXISTS,
      details: expect.stringContaining('WorkflowId: wörkflow'),
    });
    expect(originOf(error)).toBe('answered');
    await expect(service.getSystemInfo({})).rejects.toMatchObject({ code: grpcStatus.INTERNAL, details: 'a bug' });
    await expect(service.listNamespaces({})).rejects.toMatchObject({ code: grpcStatus.UNIMPLEMENTED });
  });

  test('carry large messages', async () => {
    const { service } = await connect({
      getSearchAttributes: async () => ({}),
      recordActivityTaskHeartbeat: async (request) => request,
    });
    const identity = 'x'.repeat(20 * 1024 * 1024);
    await service.recordActivityTaskHeartbeat({ identity });
  });

  test('do not wait for a thousand polls', async () => {
    const { service } = await connect({ pollWorkflowTaskQueue: endlessPoll, getSystemInfo: async () => ({}) });
    const stop = new AbortController();
    const polls = Array.from({ length: 1000 }, () => service.pollWorkflowTaskQueue({}, { signal: stop.signal }));
    expect(await service.getSystemInfo({})).toEqual({});
    stop.abort();
    const outcomes = await Promise.allSettled(polls);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  });

  test('do not lose a task that was given to them while they were given up', async () => {
    const { service } = await connect({
      pollActivityTaskQueue: (_, options) =>
        new Promise((resolve) => options?.signal?.addEventListener('abort', () => resolve({ activityId: 'taken' }))),
    });
    const stop = new AbortController();
    const poll = service.pollActivityTaskQueue({}, { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await expect(poll).resolves.toMatchObject({ activityId: 'taken' });
  });

  test('do not lose it either when handing it out takes its time', async () => {
    const { service } = await connect({
      pollActivityTaskQueue: async (_, options) => {
        await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve));
        // The task is being written down, to a slow disk.
        await delay(1500);
        return { activityId: 'taken' };
      },
    });
    const stop = new AbortController();
    const poll = service.pollActivityTaskQueue({}, { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await expect(poll).resolves.toMatchObject({ activityId: 'taken' });
  });

  test('say whether the caller is still there', async () => {
    const stop = new AbortController();
    const seen: unknown[] = [];
    const poll: AnyCall = async (_, options) => {
      seen.push(options?.isGone?.());
      stop.abort();
      await expect.poll(() => options?.isGone?.()).toBe(true);
      seen.push(options?.isGone?.());
      return {};
    };
    const { service } = await connect({ pollActivityTaskQueue: poll }, { patience: 20 });
    await expect(service.pollActivityTaskQueue({}, stop)).rejects.toMatchObject({ code: grpcStatus.CANCELLED });
    await expect.poll(() => seen).toEqual([false, true]);
  });

  test('end also where the other side goes on', async () => {
    const { service } = await connect({ pollActivityTaskQueue: () => new Promise(() => {}) }, { patience: 100 });
    const stop = new AbortController();
    const poll = service.pollActivityTaskQueue({}, { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await expect(poll).rejects.toMatchObject({ code: grpcStatus.CANCELLED });
  });

  test('are cancelled at the other side', async () => {
    const ended = Promise.withResolvers<void>();
    const { service } = await connect({
      pollWorkflowTaskQueue: (request, options) => endlessPoll(request, options).finally(ended.resolve),
    });
    const stop = new AbortController();
    const poll = service.pollWorkflowTaskQueue({}, { signal: stop.signal });
    setTimeout(() => stop.abort(), 20);
    await expect(poll).rejects.toMatchObject({ code: grpcStatus.CANCELLED });
    await ended.promise;
    await expect(service.pollWorkflowTaskQueue({}, { signal: stop.signal })).rejects.toMatchObject({
      code: grpcStatus.CANCELLED,
    });
  });
});

describe('a socket', () => {
  test('is for its owner only', async () => {
    const { path } = await serve({});
    expect((statSync(path).mode & 0o777).toString(8)).toBe('600');
  });

  test('has a short path for a file with a long one', async () => {
    const directory = join(temporaryDirectory(), 'x'.repeat(200));
    mkdirSync(directory);
    const ownership = acquireOwnership(join(directory, 'perdure.db'));
    onTestFinished(() => ownership.release());
    const path = chooseSocketPath(ownership);
    expect(Buffer.byteLength(path)).toBeLessThan(104);
    const server = await serveSocket(fakeService({ getSystemInfo: async () => ({}) }), path);
    onTestFinished(() => server.close());
    const client = await connectSocket(path);
    onTestFinished(() => client.close());
    expect(await client.service.getSystemInfo({})).toEqual({});
    const next = chooseSocketPath(ownership);
    expect(next).not.toBe(path);
    expect((statSync(dirname(next)).mode & 0o777).toString(8)).toBe('700');
    leaveSocketPath(ownership, next);
    expect(existsSync(dirname(next))).toBe(false);
  });

  test('that nobody listens at fails at once', async () => {
    const path = join(temporaryDirectory(), 'nobody.sock');
    await expect(connectSocket(path)).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE });
  });

  test('is connected to again when the connection ends and the owner lives', async () => {
    const { path } = await serve({ getSystemInfo: async () => ({ serverVersion: '1' }) });
    const connections: Socket[] = [];
    const between = createServer((inbound) => {
      connections.push(inbound);
      inbound
        .on('error', () => {})
        .pipe(createConnection(path).on('error', () => {}))
        .pipe(inbound);
    }).listen(`${path}.2`);
    onTestFinished(() => void between.close());
    await once(between, 'listening');
    let isLost = false;
    const client = await connectSocket(`${path}.2`, { onOwnerLost: () => (isLost = true) });
    onTestFinished(() => client.close());
    const { service } = client;
    for (let i = 1; i <= 3; i++) {
      expect(await service.getSystemInfo({})).toMatchObject({ serverVersion: '1' });
      connections.at(-1)?.destroy();
      await expect.poll(() => connections.length).toBe(i + 1);
    }
    expect(await service.getSystemInfo({})).toMatchObject({ serverVersion: '1' });
    expect(isLost).toBe(false);
  });

  test('lets calls finish, ends polls, and tells of the loss when it closes', async () => {
    const server = await serve({
      pollWorkflowTaskQueue: endlessPoll,
      getSystemInfo: async () => {
        // A commit to a slow disk.
        await delay(2500);
        return { serverVersion: '1' };
      },
    });
    const lost = Promise.withResolvers<void>();
    const { service, ...client } = await connectSocket(server.path, { onOwnerLost: lost.resolve });
    onTestFinished(() => client.close());
    const poll = service.pollWorkflowTaskQueue({}).catch((error: unknown) => error);
    const info = service.getSystemInfo({});
    await delay(20);
    await server.close();
    expect(await info).toMatchObject({ serverVersion: '1' });
    expect(originOf(await poll)).toBe('leaving');
    await Promise.all([lost.promise, client.lost]);
    await expect(service.getSystemInfo({})).rejects.toMatchObject({ code: grpcStatus.UNAVAILABLE });
  });

  test('closes although a client dies meanwhile', async () => {
    const server = await serve({});
    // It reads nothing of what it is told, so that its end resets the connection.
    const socket = createConnection(server.path).pause();
    await once(socket, 'connect');
    const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), emptySettings]));
    await delay(100);
    const closing = server.close();
    socket.destroy();
    await expect(closing).resolves.toBeUndefined();
  });

  test('does not keep either process alive', async () => {
    const url = (name: string): string =>
      JSON.stringify(new URL(`../../../src/engines/embedded/${name}`, import.meta.url).href);
    const script = `
      const { serveSocket } = await import(${url('socket-server.ts')});
      const { connectSocket } = await import(${url('socket-client.ts')});
      const path = ${JSON.stringify(join(temporaryDirectory(), 's.sock'))};
      const server = await serveSocket({ getSystemInfo: async () => ({ serverVersion: 'x' }) }, path);
      const { service } = await connectSocket(path);
      process.stdout.write((await service.getSystemInfo({})).serverVersion);`;
    const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
    expect(String(stdout)).toBe('x');
    expect(status).toBe(0);
  });

  test('speaks the protocol of official clients', async () => {
    const { path } = await serve({
      getSystemInfo: async () => ({ serverVersion: '1.0.0' }),
      describeWorkflowExecution: async () => {
        throw workflowNotFound('w');
      },
    });
    // The official client knows no sockets but those of TCP.
    const forwarder = createServer((inbound) => inbound.pipe(createConnection(path)).pipe(inbound)).listen(
      0,
      '127.0.0.1',
    );
    onTestFinished(() => void forwarder.close());
    await once(forwarder, 'listening');
    const { port } = forwarder.address() as AddressInfo;
    const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
    onTestFinished(() => connection.close());
    expect((await connection.workflowService.getSystemInfo({})).serverVersion).toBe('1.0.0');
    expect(await connection.healthService.check({})).toMatchObject({ status: 1 });
    await expect(new Client({ connection }).workflow.getHandle('w').describe()).rejects.toThrow(WorkflowNotFoundError);
    await expect(connection.operatorService.listSearchAttributes({})).rejects.toMatchObject({
      code: grpcStatus.UNIMPLEMENTED,
    });
  });
});
