import { completeTool } from '../agent/define-tool.ts';
import { ToolError } from '../agent/tool-error.ts';
import type { AnyTool, ToolContext } from '../agent/types.ts';
import type { Json, JsonSchema } from '../workflow/protocol/index.ts';
import { DataExistsError, DataInvalidError, DataNotFoundError } from './errors.ts';
import { LIMITS } from './limits.ts';
import type { DataEntry, DataListing, DataQuery, DataSummary, NewData, WorkflowData } from './types.ts';

/** Entries of a page that a model gets, when it says nothing, and at most. */
const PAGE = { default: 20, most: 100 };
/** Of a page beside its values: keys, descriptions, who and when. */
const AROUND_BYTES = 200_000;

const KEY: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: LIMITS.keyBytes,
  description: 'Name of the data, e.g. "orders/1042/total". Exact: upper and lower case differ.',
};
const LIMIT: JsonSchema = {
  type: 'integer',
  minimum: 1,
  maximum: PAGE.most,
  description: `Most entries to return. Default ${PAGE.default}.`,
};
const CURSOR: JsonSchema = {
  type: 'string',
  description: 'The cursor of the page before, to get the next one. Leave it out for the first page.',
};

/** The four tools by which the agents of a run share data. @param maxValueBytes largest value of `data`. */
export function dataTools(data: WorkflowData, maxValueBytes: number): readonly AnyTool[] {
  const maxResultBytes = maxValueBytes + AROUND_BYTES;
  return [
    writeTool(data),
    readTool(data, maxResultBytes),
    queryTool(data, maxResultBytes),
    listTool(data, maxResultBytes),
  ];
}

function writeTool(data: WorkflowData): AnyTool {
  return completeTool({
    name: 'workflow_data_write',
    description:
      'Save a value under a key, for yourself later and for the other agents of this run. A key is written once: its value can never be changed or deleted, ' +
      'and writing to a key that has a value is an error. Use workflow_data_list to see which keys there are.',
    inputJsonSchema: objectOf(
      {
        key: KEY,
        value: {
          description: 'Any JSON: an object, a list, text, a number. Give it as it is, not as JSON in a string.',
        },
        metadata: {
          type: 'object',
          additionalProperties: false,
          properties: {
            description: {
              type: 'string',
              description: 'What the value is, for agents that list the data. One sentence.',
            },
            schema: {
              type: 'object',
              description: 'JSON Schema that the value has to match. Nothing is saved when it does not.',
            },
            ttl: {
              type: 'integer',
              minimum: 1,
              description: 'After how many seconds the value is gone. Default: it stays.',
            },
          },
        },
      },
      ['key', 'value'],
    ),
    run: (args: NewData, context: ToolContext) =>
      telling(async () => {
        const by = {
          agent: context.agent,
          workflowId: context.workflowId,
          step: context.toolCallId,
          idempotencyKey: context.idempotencyKey,
        };
        const { key, bytes, expiresAt } = await data.write(context.rootWorkflowId, args, by);
        return { key, bytes, ...(expiresAt !== undefined && { expiresAt }) };
      }),
  });
}

function readTool(data: WorkflowData, maxResultBytes: number): AnyTool {
  return completeTool({
    name: 'workflow_data_read',
    description: 'Read the value that you or another agent of this run saved under a key.',
    inputJsonSchema: objectOf(
      {
        key: KEY,
        includeMetadata: {
          type: 'boolean',
          description: 'Also say who saved it, when, and what it is said to be. Default false.',
        },
      },
      ['key'],
    ),
    maxResultBytes,
    run: (args: { readonly key: string; readonly includeMetadata?: boolean }, { rootWorkflowId }: ToolContext) =>
      telling(async () => {
        const { key, value, ...metadata } = await data.read(rootWorkflowId, args.key);
        return { key, value, ...(args.includeMetadata === true && { metadata }) };
      }),
  });
}

function queryTool(data: WorkflowData, maxResultBytes: number): AnyTool {
  return completeTool({
    name: 'workflow_data_query',
    description:
      'Find data of this run by a pattern of its key, with the values: "orders/*" for all keys that begin with "orders/". Where values are large, a page has fewer ' +
      'entries than asked for. When there is more, the answer has a cursor: call again with it.',
    inputJsonSchema: objectOf(
      {
        pattern: {
          type: 'string',
          minLength: 1,
          maxLength: LIMITS.keyBytes,
          description:
            'Key with wildcards: * stands for any characters, ? for exactly one. All other characters stand for themselves.',
        },
        limit: LIMIT,
        cursor: CURSOR,
      },
      ['pattern'],
    ),
    maxResultBytes,
    run: (args: DataQuery, { rootWorkflowId }: ToolContext) =>
      telling(async () => {
        const { entries, cursor } = await data.query(rootWorkflowId, { limit: PAGE.default, ...args });
        return { entries: entries.map(briefEntry), ...(cursor !== undefined && { cursor }) };
      }),
  });
}

function listTool(data: WorkflowData, maxResultBytes: number): AnyTool {
  return completeTool({
    name: 'workflow_data_list',
    description:
      'List the data of this run without the values: keys, what they are said to be, who saved them and when. When there is more, the answer has a cursor: ' +
      'call again with it.',
    inputJsonSchema: objectOf({
      filterByAgent: { type: 'string', minLength: 1, description: 'Only what the agent of this name saved.' },
      prefix: { type: 'string', description: 'Only keys that begin so, e.g. "orders/". No wildcards.' },
      limit: LIMIT,
      cursor: CURSOR,
    }),
    maxResultBytes,
    run: (args: DataListing, { rootWorkflowId }: ToolContext) =>
      telling(async () => {
        const { entries, cursor } = await data.list(rootWorkflowId, { limit: PAGE.default, ...args });
        return { entries: entries.map(briefSummary), ...(cursor !== undefined && { cursor }) };
      }),
  });
}

function objectOf(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema {
  return { type: 'object', properties, required: [...required], additionalProperties: false };
}

function briefEntry({ key, value, agent, writtenAt }: DataEntry): Readonly<Record<string, Json>> {
  return { key, value, agent, writtenAt };
}

/** Without what only people and programs need, such as run ids. */
function briefSummary({ key, description, agent, bytes, writtenAt, expiresAt }: DataSummary): object {
  // What is not there is left out.
  return { key, description, agent, bytes, writtenAt, expiresAt };
}

/** What a model can mend is told at once; anything else is tried again first. */
async function telling<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (DataExistsError.is(error) || DataNotFoundError.is(error) || DataInvalidError.is(error))
      throw new ToolError(error.message, { cause: error });
    throw error;
  }
}
