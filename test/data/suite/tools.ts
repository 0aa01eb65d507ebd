import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkValue } from '../../../src/agent/arguments.ts';
import { ToolError } from '../../../src/agent/tool-error.ts';
import type { AnyTool, OpenToolSource, ToolContext } from '../../../src/agent/types.ts';
import { type WorkflowData, type WorkflowDataOptions, workflowData } from '../../../src/data/index.ts';
import { type Open, allPages, newRun } from '../support.ts';

/** What the tools do, on every database. @param options of the same database as `open`. */
export function toolsSuite(open: Open, options: () => WorkflowDataOptions): void {
  describe('the tools', () => {
    let source: OpenToolSource;
    let data: WorkflowData;
    beforeAll(async () => {
      [source, data] = await Promise.all([workflowData(options()).open(), open()]);
    });
    afterAll(async () => {
      await source.close();
      await data.close();
    });

    const tool = (name: string): AnyTool => {
      const found = source.tools.find((each) => each.name === `workflow_data_${name}`);
      if (!found) throw new Error(`there is no tool ${name}`);
      return found;
    };

    /** As an agent's loop calls it. */
    async function call(
      name: string,
      args: object,
      context: Partial<ToolContext> & { rootWorkflowId: string },
    ): Promise<unknown> {
      const checked = await checkValue(tool(name).input, args);
      if (!checked.ok) throw new Error(checked.problem);
      const complete = {
        agent: 'writer',
        workflowId: context.rootWorkflowId,
        toolCallId: 'call_1',
        idempotencyKey: `${context.toolCallId}`,
        ...context,
      };
      return tool(name).run(checked.value as never, complete as never);
    }

    it('are four, with names, descriptions and schemas that models understand', () => {
      expect(source.tools.map(({ name }) => name)).toEqual([
        'workflow_data_write',
        'workflow_data_read',
        'workflow_data_query',
        'workflow_data_list',
      ]);
      const names = source.tools.map(({ inputSchema }) => Object.keys(inputSchema['properties'] as object));
      expect(names).toEqual([
        ['key', 'value', 'metadata'],
        ['key', 'includeMetadata'],
        ['pattern', 'limit', 'cursor'],
        ['filterByAgent', 'prefix', 'limit', 'cursor'],
      ]);
    });

    it('write for the root run, in the name of who calls', async () => {
      const run = newRun();
      const context = { rootWorkflowId: run, workflowId: `${run}/sub`, agent: 'sub', toolCallId: 'call_9' };
      const metadata = { description: 'The sum', schema: { type: 'number' }, ttl: 60 };
      expect(await call('write', { key: 'sum', value: 42, metadata }, context)).toEqual({
        key: 'sum',
        bytes: 2,
        expiresAt: expect.any(String),
      });
      expect(await data.read(run, 'sum')).toMatchObject({
        value: 42,
        agent: 'sub',
        workflowId: `${run}/sub`,
        step: 'call_9',
        description: 'The sum',
      });
      expect(await call('read', { key: 'sum' }, { rootWorkflowId: run })).toEqual({ key: 'sum', value: 42 });
      expect(await call('read', { key: 'sum', includeMetadata: true }, { rootWorkflowId: run })).toMatchObject({
        value: 42,
        metadata: { agent: 'sub', step: 'call_9', description: 'The sum', schema: { type: 'number' } },
      });
      await expect(call('read', { key: 'sum' }, { rootWorkflowId: newRun() })).rejects.toThrow(
        'There is no data under the key "sum"',
      );
    });

    it('take another attempt for the same write, and another call for another one', async () => {
      const rootWorkflowId = newRun();
      const first = await call('write', { key: 'k', value: [1] }, { rootWorkflowId, idempotencyKey: 'a' });
      expect(
        await call('write', { key: 'k', value: [1] }, { rootWorkflowId, idempotencyKey: 'a', attempt: 2 }),
      ).toEqual(first);
      const error: unknown = await call(
        'write',
        { key: 'k', value: [1] },
        { rootWorkflowId, idempotencyKey: 'b' },
      ).catch((each) => each);
      expect(error).toBeInstanceOf(ToolError);
      expect(error).toMatchObject({
        retryable: false,
        message: expect.stringContaining('was written by writer (step call_1)'),
      });
    });

    it('tell the model at once what it can mend', async () => {
      const rootWorkflowId = newRun();
      for (const [name, args, words] of [
        ['write', { key: 'k', value: 'x', metadata: { schema: { type: 'number' } } }, 'does not match metadata.schema'],
        ['write', { key: 'k', value: '\0' }, 'U+0000'],
        ['write', { key: 'a\nb', value: 1 }, 'control character'],
        ['write', { key: 'k', value: 'x'.repeat(300_000) }, 'at most 262144'],
        ['read', { key: 'nothing' }, 'There is no data'],
        ['list', { cursor: 'x' }, 'cursor'],
      ] as const) {
        const error: unknown = await call(name, args, { rootWorkflowId }).catch((each) => each);
        expect(error).toBeInstanceOf(ToolError);
        expect((error as Error).message).toContain(words);
      }
    });

    it.each([
      ['write', { key: 'k' }, 'value'],
      ['write', { value: 1 }, 'key'],
      ['write', { key: '', value: 1 }, 'key'],
      ['write', { key: 'k', value: 1, metadata: { ttl: 0 } }, 'ttl'],
      ['write', { key: 'k', value: 1, metadata: { ttl: '60' } }, 'ttl'],
      ['write', { key: 'k', value: 1, run: 'another' }, 'run'],
      ['write', JSON.parse('{"key": "k", "value": {"__proto__": 1}}') as object, '__proto__'],
      ['query', {}, 'pattern'],
      ['query', { pattern: '*', limit: 101 }, 'limit'],
      ['list', { limit: 0 }, 'limit'],
      ['list', { agent: 'x' }, 'agent'],
    ])('refuse arguments of %s: %j', async (name, args, words) => {
      await expect(call(name, args, { rootWorkflowId: newRun() })).rejects.toThrow(words);
    });

    it('give pages that fit, and say how to go on', async () => {
      const rootWorkflowId = newRun();
      const by = { agent: 'a'.repeat(100) };
      const metadata = { description: 'd'.repeat(1024) };
      for (let index = 0; index < 110; index += 1)
        await data.write(
          rootWorkflowId,
          { key: `k/${String(index).padStart(500, '0')}`, value: 'x'.repeat(3000), metadata },
          by,
        );
      const counts: Record<string, number[]> = {};
      for (const [name, args] of [
        ['query', { pattern: 'k/*', limit: 100 }],
        ['list', { limit: 100 }],
        ['list', {}],
      ] as const) {
        const pages = await allPages(async (cursor) => {
          const page = await call(name, { ...args, ...cursor }, { rootWorkflowId });
          // That is where a result that is too large would be refused.
          expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(tool(name).maxResultBytes);
          return page as { entries: readonly object[]; cursor?: string };
        });
        expect(pages.flat()).toHaveLength(110);
        (counts[name] ??= []).push(pages[0]?.length ?? 0);
      }
      expect(counts).toEqual({ query: [87], list: [100, 20] });
    });

    it('leave data open that was open before', async () => {
      const given = await workflowData(data).open();
      expect(given.tools.map(({ name }) => name)).toEqual(source.tools.map(({ name }) => name));
      await given.close();
      expect(await data.list(newRun())).toEqual({ entries: [] });
    });
  });
}
