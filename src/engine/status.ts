import type { ConnectionLike } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { EngineHealth, EngineInfo } from './engine.ts';

const HEALTH_TIMEOUT_MS = 5_000;

/** What is asked, and by whom. */
export interface StatusSource {
  /** The engine's name. */
  readonly name: string;
  readonly connection: ConnectionLike;
  readonly namespace: string;
  /** The queue whose backlog counts as queued. Default: none is counted. */
  readonly taskQueue?: string | undefined;
  /** Of the engine, where the server's own says little. Default: the server's. */
  readonly version?: string;
  /** Limits of the engine of which the server does not speak. */
  readonly limits?: Readonly<Record<string, number>>;
}

/** What the server behind a connection says about itself and the namespace. */
export async function readInfo({
  name,
  connection,
  namespace,
  version,
  limits: own,
}: StatusSource): Promise<EngineInfo> {
  const [system, described] = await Promise.all([
    connection.workflowService.getSystemInfo({}),
    connection.workflowService.describeNamespace({ namespace }),
  ]);
  const { capabilities, limits } = described.namespaceInfo ?? {};
  return {
    name,
    version: version ?? system.serverVersion,
    features: [...new Set([...trueKeys(system.capabilities), ...trueKeys(capabilities)])].toSorted(),
    limits: { ...own, ...numbers(limits) },
  };
}

/** Whether the server behind a connection answers, and how much there is to do. Never throws. */
export async function readHealth(source: StatusSource): Promise<Omit<EngineHealth, 'uptime'>> {
  const { connection, namespace, taskQueue } = source;
  try {
    return await connection.withDeadline(Date.now() + HEALTH_TIMEOUT_MS, async () => {
      const [info, open, queuedRuns] = await Promise.all([
        readInfo(source),
        connection.workflowService.countWorkflowExecutions({ namespace, query: "ExecutionStatus = 'Running'" }),
        taskQueue === undefined ? undefined : countBacklog(connection, namespace, taskQueue),
      ]);
      return {
        status: 'healthy',
        version: info.version,
        activeRuns: open.count.toNumber(),
        queuedRuns,
        capabilities: info.features,
        error: undefined,
      };
    });
  } catch (error) {
    return {
      status: 'unhealthy',
      version: '',
      activeRuns: 0,
      queuedRuns: undefined,
      capabilities: [],
      error: error instanceof Error ? error.message : String(error),
    };
  }
}

async function countBacklog(connection: ConnectionLike, namespace: string, name: string): Promise<number> {
  const { stats } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType: proto.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    reportStats: true,
  });
  return stats?.approximateBacklogCount?.toNumber() ?? 0;
}

function trueKeys(value: object | null | undefined): string[] {
  return Object.entries(value ?? {}).flatMap(([key, enabled]) => (enabled === true ? [key] : []));
}

function numbers(value: object | null | undefined): Record<string, number> {
  const entries = Object.entries(value ?? {}).map(([key, limit]) => [key, Number(limit)] as const);
  return Object.fromEntries(entries.filter(([, limit]) => limit > 0));
}
