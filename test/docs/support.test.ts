import { describe, expect, it } from 'vitest';
import { createEmbeddedEngine } from '../../src/engines/embedded/index.ts';
import { workflowServiceMethods } from '../../src/runtime/rpc-methods.ts';
import { differences, scenarios } from '../../testing/conformance/index.ts';

const UNIMPLEMENTED = 12;

/** The columns of the first table, and the targets of the suite that they stand for. */
const columns: Readonly<Record<string, readonly string[]>> = {
  memory: ['memory', 'memory, cache 0'],
  SQLite: ['sqlite'],
  Redis: ['bullmq'],
  'Temporal server': ['temporal', 'temporal, cache 0'],
};

/** A table as the formatter writes it. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function topicRow(topic: string): readonly string[] {
  const ids = scenarios.filter((scenario) => scenario.topic === topic).map(({ id }) => id);
  const cells = Object.values(columns).map((targets) => {
    const known = differences.filter(({ target }) => targets.includes(target)).map(({ scenario }) => scenario);
    const different = ids.filter((id) => known.includes(id)).length;
    return different === 0 ? 'all' : different === ids.length ? '–' : `all but ${different}`;
  });
  return [`\`${topic}\``, String(ids.length), ...cells];
}

/** The methods of `WorkflowService`, by whether our engines answer them, as one says when they are called with nothing. */
async function methods(): Promise<Readonly<Record<'answered' | 'unimplemented', readonly string[]>>> {
  const engine = await createEmbeddedEngine({ memory: true });
  const { connection } = engine.client;
  const service = connection.workflowService as unknown as Record<string, (request: object) => Promise<unknown>>;
  const isAnswered = async (name: string): Promise<boolean> =>
    await connection.withDeadline(Date.now() + 500, async () => {
      const failure = await service[name]?.({}).then(
        () => undefined,
        (error: { readonly code?: number; readonly message: string }) => error,
      );
      return failure?.code !== UNIMPLEMENTED || !failure.message.includes(name);
    });
  const names = workflowServiceMethods.map(({ name }) => name).toSorted();
  const are = await Promise.all(names.map(isAnswered));
  await engine.close();
  return { answered: names.filter((_, index) => are[index]), unimplemented: names.filter((_, index) => !are[index]) };
}

async function page(): Promise<string> {
  const topics = [...new Set(scenarios.map(({ topic }) => topic))].toSorted();
  const reasons = [...new Set(differences.map(({ reason }) => reason))];
  const { answered, unimplemented } = await methods();
  const list = (names: readonly string[]): string =>
    names.map((name) => `\`${name.charAt(0).toUpperCase()}${name.slice(1)}\``).join(', ');
  return `# What is supported where

The conformance suite has ${scenarios.length} scenarios. Each is run on our engines and on a real Temporal server, where the histories that are compared were recorded. This page is
made of it by \`npx vitest run --project unit test/docs/support.test.ts -u\`.

## Scenarios by topic

How many of a topic pass where. What they are: [\`testing/conformance/scenarios/\`](../testing/conformance/scenarios/index.ts), a file a topic.

${table([['topic', 'scenarios', ...Object.keys(columns)], ...topics.map(topicRow)])}

Where not all pass:

${reasons.map((reason) => `- ${reason}`).join('\n')}

## RPCs

What the embedded engine and the one on Redis answer, of Temporal's \`WorkflowService\`: ${list(answered)}.

Answered with \`UNIMPLEMENTED\` and the name of the call: ${list(unimplemented)}.
`;
}

describe('docs/support.md', () => {
  it('says what the suite and the engines say', async () => {
    await expect(await page()).toMatchFileSnapshot('../../docs/support.md');
  });
});
