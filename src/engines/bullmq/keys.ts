import type { RunKey } from '../../core/record.ts';
import type { QueueName } from '../../runtime/matching/queue-name.ts';

/**
 * All keys in Redis, with `perdure` as the prefix. What belongs to one namespace shares the hash tag `{perdure.<namespace>}`, so that one script
 * may touch all of it, in a cluster too. In ids of namespaces, queues and runs the characters `% : { }` are written as `%25 %3A %7B %7D`, and `~` in those of
 * queues as `%7E`: what begins with it is ours, and no task queue has a key of that name.
 *
 * | key                                    | type   | what                                                                       | lives until         |
 * | -------------------------------------- | ------ | -------------------------------------------------------------------------- | ------------------- |
 * | `perdure:namespaces`                   | set    | namespaces that have runs                                                  | for ever            |
 * | `perdure:namespace-settings`           | hash   | namespace → what is known of it, as `<revision>:<JSON>`                    | for ever            |
 * | `{perdure.n}:~run:<run>:<workflow>`    | hash   | a run, see below                                                           | the run is deleted  |
 * | `{perdure.n}:~hist:<run>:<workflow>`   | list   | its history: for each commit its events, as `<id of the first>:<protobuf>` | the run is deleted  |
 * | `{perdure.n}:~data:<run>:<workflow>`   | hash   | data of its large payloads, by their SHA-256                               | the run is deleted  |
 * | `{perdure.n}:~current`                 | hash   | workflow id → current run                                                  | entries: with runs  |
 * | `{perdure.n}:~by:start`                | zset   | all runs, `<run>\0<workflow>`, by minus their start                        | entries: with runs  |
 * | `{perdure.n}:~by:status:<status>`      | zset   | the same of one status                                                     | entries: with runs  |
 * | `{perdure.n}:~by:type:<type>`          | zset   | the same of one workflow type                                              | entries: with runs  |
 * | `{perdure.n}:~by:close`                | zset   | the same of closed runs that have nothing left to do, by their close       | entries: with runs  |
 * | `{perdure.n}:~bytes`                   | string | the size of the runs in `by:close`                                         | for ever            |
 * | `{perdure.n}:~by:id`                   | zset   | all runs, `<workflow>\0<run>`, to find those of one workflow id            | entries: with runs  |
 * | `{perdure.n}:~unfinished`              | zset   | unfinished runs by their next deadline (`+inf`: none)                      | entries: until done |
 * | `{perdure.n}:~secret`                  | string | signs completion tokens                                                    | for ever            |
 * | `{perdure.n}:~keeper`                  | string | the process that looks for what went wrong; expires                        | seconds             |
 * | `{perdure.n}:~expected:<workflow>`     | string | an update is on its way to the workflow id's run; expires                  | seconds             |
 * | `{perdure.n}:~turn:<type>:<queue>`     | string | when the next task of a queue with a rate may be given out; expires        | seconds             |
 * | `{perdure.n}:<queue>:…`                | –      | BullMQ's own keys of a task queue: its runs are jobs with the run's id     | BullMQ's rules      |
 * | `{perdure.n}:<queue>~activities:…`     | –      | the same for activities that another process runs                          | BullMQ's rules      |
 * | `{perdure.n}:~schedulers:…`            | –      | the same for job schedulers and the jobs that start runs for them          | BullMQ's rules      |
 * | `{perdure.n}:~latest`                  | hash   | job scheduler → workflow id that it started last, where it skips           | entries: with those |
 *
 * Fields of a run: `rev` revision, `last` and `time` id and time of the last event, `rec` the record as text, `status`, `type`, `start`, `commit` id of the last
 * commit, `owner` the process that the run is resident in, `queue` prefix of its job's queue, `wants` `1` when a worker has something to do, `2` when some
 * of it is outside of the run,
 * `held` names of payloads that the record alone refers to, `bytes` size of history and payloads, `counted` what `bytes` of the namespace has of it.
 *
 * Fields of ours in BullMQ's: `progress` of a job says what its run waits for, `parent`, `parentKey` and the set `<parent's job>:dependencies` link a
 * child's job to its parent's while both runs are open, `prioritised` in `meta` says that jobs of the queue have priorities.
 *
 * Channels: `{perdure.n}:~to:<process>` messages to a process, `{perdure.n}:~of:<workflow>` changes of a workflow id's runs, `{perdure.n}:~about:<topic>` messages
 * to whoever listens.
 */
export class Keys {
  /** What names of all keys begin with. */
  readonly prefix: string;

  /** @param prefix keeps applications on one Redis apart. */
  constructor(prefix: string) {
    this.prefix = escapeId(prefix);
  }

  /** Set of the namespaces that have runs. */
  get namespaces(): string {
    return `${this.prefix}:namespaces`;
  }

  /** Hash with what is known of namespaces. */
  get namespaceSettings(): string {
    return `${this.prefix}:namespace-settings`;
  }

  /** What all names of a namespace begin with, the colon excluded: BullMQ's prefix. */
  tag(namespace: string): string {
    return `{${this.prefix}.${escapeId(namespace)}}`;
  }

  /** What the names of our own keys and channels of a namespace begin with: no name of a queue does. */
  base(namespace: string): string {
    return `${this.tag(namespace)}:~`;
  }

  /** A run's hash. */
  run(key: RunKey): string {
    return `${this.base(key.namespace)}run:${runPart(key)}`;
  }

  /** A run's history. */
  history(key: RunKey): string {
    return `${this.base(key.namespace)}hist:${runPart(key)}`;
  }

  /** Data of a run's large payloads. */
  payloads(key: RunKey): string {
    return `${this.base(key.namespace)}data:${runPart(key)}`;
  }

  /** Runs by their start: all, of a status, or of a type. */
  byStart(namespace: string, index: 'all' | { readonly status: number } | { readonly type: string }): string {
    const base = `${this.base(namespace)}by:`;
    if (index === 'all') return `${base}start`;
    return 'status' in index ? `${base}status:${index.status}` : `${base}type:${index.type}`;
  }

  /** Says that an update is on its way to a workflow id's run. */
  expected(namespace: string, workflowId: string): string {
    return `${this.base(namespace)}expected:${workflowId}`;
  }

  /** When the next task of a queue with a rate may be given out. */
  turn({ namespace, type, name }: QueueName): string {
    return `${this.base(namespace)}turn:${type}:${name}`;
  }

  /** What completion tokens are signed with. */
  secret(namespace: string): string {
    return `${this.base(namespace)}secret`;
  }

  /** What job schedulers have started last. */
  latestStarts(namespace: string): string {
    return `${this.base(namespace)}latest`;
  }

  /** Messages to one process. */
  processChannel(namespace: string, process: string): string {
    return `${this.base(namespace)}to:${process}`;
  }

  /** Messages about a topic. */
  topicChannel(namespace: string, topic: string): string {
    return `${this.base(namespace)}about:${topic}`;
  }

  /** Changes of the runs of one workflow id. */
  workflowChannel(namespace: string, workflowId: string): string {
    return `${this.base(namespace)}of:${workflowId}`;
  }
}

/** What jobs are about. */
export type JobKind = 'runs' | 'activities' | 'schedulers';

/** The name of BullMQ's queue for the runs of a task queue, for its activities, or for the job schedulers of all. */
export function queueName(taskQueue: string, kind: JobKind = 'runs'): string {
  if (kind === 'schedulers') return '~schedulers';
  const name = escapeId(taskQueue).replaceAll('~', '%7E');
  return kind === 'runs' ? name : `${name}~activities`;
}

/** The id of the job that brings an attempt of an activity to workers of other processes. */
export function activityJobId(
  { runId }: Pick<RunKey, 'runId'>,
  { scheduledEventId, attempt }: { readonly scheduledEventId: number; readonly attempt: number },
): string {
  return `${runId}~${scheduledEventId}~${attempt}`;
}

/** An id without the characters that have a meaning in keys. */
function escapeId(id: string): string {
  return id.replaceAll(/[%:{}]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** How indexes name a run: sorts by run id. */
export function memberOf({ runId, workflowId }: Pick<RunKey, 'runId' | 'workflowId'>): string {
  return `${runId}\0${workflowId}`;
}

/** The run that an index names. */
export function keyOfMember(namespace: string, member: string): RunKey {
  const end = member.indexOf('\0');
  return { namespace, runId: member.slice(0, end), workflowId: member.slice(end + 1) };
}

/** The run that the index by workflow ids names: there, the workflow's id comes first. */
export function keyOfIdMember(namespace: string, member: string): RunKey {
  const end = member.lastIndexOf('\0');
  return { namespace, workflowId: member.slice(0, end), runId: member.slice(end + 1) };
}

/** What names a run in keys. */
export function runPart({ runId, workflowId }: Pick<RunKey, 'runId' | 'workflowId'>): string {
  return `${escapeId(runId)}:${workflowId}`;
}
