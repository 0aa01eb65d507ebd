import type { temporal } from '@temporalio/proto';
import { namespaceId } from '../../core/namespace-id.ts';
import { LONGEST_ID } from '../../core/limits.ts';
import { newNamespace } from '../../core/namespace-record.ts';
import type { NamespaceRecord } from '../../core/namespace-record.ts';
import { durationMs, toDuration } from '../../core/proto.ts';
import { utf8Length } from '../../core/sizes.ts';
import { failedPrecondition, invalidArgument, namespaceAlreadyExists, unimplemented } from '../errors.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { countSchedules } from './schedule-lists.ts';

type Description = temporal.api.workflowservice.v1.IDescribeNamespaceResponse;

/** The shortest time that closed runs may be kept, in milliseconds: that of a server. */
const shortestRetention = 3_600_000;

const states = { registered: 1, deprecated: 2 } as const;

/** The RPCs of namespaces. */
export function namespaceHandlers(
  context: FrontendContext,
): ReturnType<typeof readingHandlers> & ReturnType<typeof changingHandlers> {
  return { ...readingHandlers(context), ...changingHandlers(context) };
}

function readingHandlers({ namespaces }: FrontendContext): Handlers<'describeNamespace' | 'listNamespaces'> {
  return {
    async describeNamespace(request) {
      const { namespace, id } = request;
      if (!namespace && !id) throw invalidArgument('Namespace not set on request.');
      const name = namespace || namespaces.names.find((each) => namespaceId(each) === id);
      // Whoever has only its name in place of an id is helped, too.
      return describe(namespaces.get(name || id || ''));
    },
    async listNamespaces() {
      const all = namespaces.names.map((name) => describe(namespaces.get(name)));
      return {
        namespaces: all,
        nextPageToken: new Uint8Array(),
      };
    },
  };
}

function changingHandlers(
  context: FrontendContext,
): Handlers<'registerNamespace' | 'updateNamespace' | 'deprecateNamespace' | 'deleteNamespace'> {
  const { namespaces } = context;
  return {
    async registerNamespace(request) {
      const name = requireName(request.namespace);
      if (request.isGlobalNamespace) throw invalidArgument('Cannot register global namespace when not enabled');
      const retention = requireRetention(request.workflowExecutionRetentionPeriod);
      if (namespaces.has(name)) throw namespaceAlreadyExists(name);
      if (context.residency !== undefined) {
        throw unimplemented('RegisterNamespace on this engine (open an engine for each namespace)');
      }
      await namespaces.add(name, () => {
        if (namespaces.has(name)) throw namespaceAlreadyExists(name);
        const { description, ownerEmail, data } = request;
        return {
          ...newNamespace(name),
          description: description ?? '',
          ownerEmail: ownerEmail ?? '',
          data: data ?? {},
          retention,
        };
      });
      return {};
    },
    async updateNamespace(request) {
      const name = requireName(request.namespace);
      const { updateInfo, config } = request;
      const ttl = config?.workflowExecutionRetentionTtl;
      await namespaces.change(name, (record) => ({
        ...record,
        description: updateInfo?.description || record.description,
        ownerEmail: updateInfo?.ownerEmail || record.ownerEmail,
        data: { ...record.data, ...updateInfo?.data },
        ...(ttl ? { retention: retentionOf(context, ttl) } : {}),
      }));
      return describe(namespaces.get(name));
    },
    async deprecateNamespace(request) {
      await namespaces.change(requireName(request.namespace), (record) => ({ ...record, state: 'deprecated' }));
      return {};
    },
    async deleteNamespace(request) {
      const name = requireName(request.namespace);
      namespaces.get(name);
      if (namespaces.isOwn(name)) throw failedPrecondition('unable to delete system namespace');
      const left = (await context.store.count({ namespace: name })) + (await countSchedules(context, name, undefined));
      if (left > 0)
        throw unimplemented('DeleteNamespace of a namespace that has runs or schedules (delete them first)');
      await namespaces.remove(name);
      return { deletedNamespace: name };
    },
  };
}

function requireName(name: string | null | undefined): string {
  if (!name) throw invalidArgument('Namespace not set on request.');
  if (utf8Length(name) > LONGEST_ID) throw invalidArgument('Namespace length exceeds limit.');
  return name;
}

function requireRetention(period: Parameters<typeof durationMs>[0]): number {
  const retention = durationMs(period);
  if (retention < shortestRetention) throw invalidArgument('A valid retention period is not set on request.');
  return retention;
}

/** Where many processes share the runs, those are deleted by the engine's own option. */
function retentionOf(context: FrontendContext, ttl: Parameters<typeof durationMs>[0]): number {
  const retention = requireRetention(ttl);
  if (context.residency !== undefined) throw unimplemented('the retention of a namespace (use the option `retention`)');
  return retention;
}

function describe({ name, description, ownerEmail, data, state, retention }: NamespaceRecord): Description {
  return {
    namespaceInfo: {
      name,
      id: namespaceId(name),
      state: states[state],
      description,
      ownerEmail,
      data: { ...data },
      capabilities: { eagerWorkflowStart: true, syncUpdate: true, asyncUpdate: true },
      supportsSchedules: true,
    },
    config: retention > 0 ? { workflowExecutionRetentionTtl: toDuration(retention) } : {},
    isGlobalNamespace: false,
  };
}
