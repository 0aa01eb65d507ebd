/** BullMQ with what one writes by hand: one job whose data is saved after each step, or a job for each step. Neither keeps a history. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DelayedError, FlowProducer, Queue, QueueEvents, Worker } from 'bullmq';
import { fiveSteps, model, Results, timed, tool } from './steps.mjs';

const DAY_MS = 86_400_000;
const done = { removeOnComplete: { count: 1000 } };

/** `steps`: one job. `chain`: a job for each step. */
export async function start({ redis: url }, kind) {
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port || 6379), maxRetriesPerRequest: null };
  const name = `bench-peer-${randomUUID()}`;
  const [queue, flows, events] = [
    new Queue(name, { connection }),
    new FlowProducer({ connection }),
    new QueueEvents(name, { connection }),
  ];
  const results = new Results();
  events.on('completed', ({ jobId, returnvalue }) => results.give(jobId, returnvalue));
  events.on('failed', ({ jobId, failedReason }) => results.fail(jobId, failedReason));
  const processors = { ...oneJob(), ...chain(queue) };
  const worker = new Worker(name, (job, token) => processors[job.name](job, token), { connection, concurrency: 50 });
  await Promise.all([queue, flows, events, worker].map((part) => part.waitUntilReady()));
  const context = { queue, flows, results, name };
  const operations = kind === 'chain' ? chainOperations(context) : oneJobOperations(context);
  const close = async () => {
    await worker.close();
    await Promise.all([events.close(), flows.close()]);
    await queue.obliterate({ force: true });
    await queue.close();
  };
  return { operations, close };
}

function oneJob() {
  return {
    five: async (job) => {
      let data = job.data;
      let count = 0;
      const saved = (step) => async (turn) => {
        const key = `s${count++}`;
        if (data[key] !== undefined) return data[key];
        data = { ...data, [key]: await step(turn) };
        await job.updateData(data);
        return data[key];
      };
      return fiveSteps({ model: saved(model), tool: saved(tool) }, data.input);
    },
    child: async (job) => {
      const result = await model(1);
      await job.updateData({ ...job.data, result });
      return result;
    },
    parent: async (job) => Object.keys(await job.getChildrenValues()).length,
    wait: async (job, token) => {
      if (job.data.signal !== undefined) return job.data.signal;
      await job.moveToDelayed(Date.now() + DAY_MS, token);
      throw new DelayedError();
    },
  };
}

function oneJobOperations({ queue, flows, results, name }) {
  return {
    '5-activities': () => {
      const jobId = randomUUID();
      const result = results.of(jobId);
      return timed(async () => {
        await queue.add('five', { input: 'hi' }, { jobId, ...done });
        return await result;
      }, 6);
    },
    '3-children': () => {
      const jobId = randomUUID();
      const result = results.of(jobId);
      const children = ['a', 'b', 'c'].map((part) => ({
        name: 'child',
        queueName: name,
        data: {},
        opts: { jobId: `${jobId}-${part}`, ...done },
      }));
      return timed(async () => {
        await flows.add({ name: 'parent', queueName: name, data: {}, opts: { jobId, ...done }, children });
        return await result;
      }, 3);
    },
    signal: async () => {
      const jobId = randomUUID();
      const result = results.of(jobId);
      await queue.add('wait', {}, { jobId, ...done });
      while ((await queue.getJobState(jobId)) !== 'delayed') await delay(1);
      return timed(async () => {
        const job = await queue.getJob(jobId);
        await job.updateData({ signal: 'go on' });
        await job.promote();
        return await result;
      }, 'go on');
    },
  };
}

function chain(queue) {
  return {
    // The next job is added before this one is done: not in one go, so a crash in between makes it twice.
    step: async (job) => {
      const { run, seen } = job.data;
      const step = seen.length % 2 === 1 ? model : tool;
      const next = [...seen, await step(seen.length)];
      if (next.length === 6) return next.length;
      await queue.add('step', { run, seen: next }, { jobId: `${run}-${next.length}`, ...done });
      return null;
    },
    answer: async (job) => job.data.signal,
  };
}

function chainOperations({ queue, results }) {
  return {
    '5-activities': () => {
      const run = randomUUID();
      const result = results.of(`${run}-5`);
      return timed(async () => {
        await queue.add('step', { run, seen: ['hi'] }, { jobId: `${run}-1`, ...done });
        return await result;
      }, 6);
    },
    // Nothing waits: the signal adds the next job.
    signal: () => {
      const jobId = randomUUID();
      const result = results.of(jobId);
      return timed(async () => {
        await queue.add('answer', { signal: 'go on' }, { jobId, ...done });
        return await result;
      }, 'go on');
    },
  };
}
