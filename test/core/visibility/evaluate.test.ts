import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { jsonPayload } from '../../../src/core/payloads.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import { matchesFilter } from '../../../src/core/listing.ts';
import type { AttributeType } from '../../../src/core/search-attributes/types.ts';
import { meets } from '../../../src/core/visibility/condition.ts';
import { parseQuery } from '../../../src/core/visibility/parse.ts';
import { prefilter } from '../../../src/core/visibility/prefilter.ts';
import { exampleRecord } from '../../../testing/conformance/store/examples.ts';

const declared = new Map<string, AttributeType>([
  ['I', 'Int'],
  ['D', 'Double'],
  ['B', 'Bool'],
  ['K', 'Keyword'],
]);

/** The same runs in a table: SQLite says what a condition means when values are missing. */
const database = new DatabaseSync(':memory:');
database.exec('CREATE TABLE runs (I INTEGER, D REAL, B INTEGER, K TEXT)');
afterAll(() => database.close());

interface Values {
  readonly I?: number;
  readonly D?: number;
  readonly B?: boolean;
  readonly K?: string;
}

const texts = ['', 'a', 'ab', 'b', "it's", 'Ä'];
const values: fc.Arbitrary<Values> = fc.record(
  {
    I: fc.integer({ min: -2, max: 2 }),
    D: fc.constantFrom(-1, 0.5, 1, 2),
    B: fc.boolean(),
    K: fc.constantFrom(...texts),
  },
  { requiredKeys: [] },
);

function recordOf(own: Values): RunRecord {
  const fields = Object.entries(own).map(([name, value]) => [name, jsonPayload(value, declared.get(name) ?? '')]);
  return exampleRecord('a', { searchAttributes: { indexedFields: Object.fromEntries(fields) } });
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A literal for each attribute, the same in both languages. */
const literals = {
  I: fc.integer({ min: -2, max: 2 }).map(String),
  D: fc.constantFrom('-1', '0.5', '1', '1.5'),
  B: fc.constantFrom('true', 'false'),
  K: fc.constantFrom(...texts).map(quoted),
};

/** A condition as a query, and as SQL where that is another text. */
interface Both {
  readonly query: string;
  readonly sql: string;
}

const same = (text: string): Both => ({ query: text, sql: text });

const leaf: fc.Arbitrary<Both> = fc.constantFrom(...(['I', 'D', 'B', 'K'] as const)).chain((name) => {
  const literal = literals[name];
  const comparison = fc
    .tuple(fc.constantFrom('=', '!=', '<>', '<', '<=', '>', '>='), literal)
    .map(([sign, value]) => same(`${name} ${sign} ${value}`));
  const among = fc
    .tuple(fc.constantFrom('IN', 'NOT IN'), fc.array(literal, { minLength: 1, maxLength: 3 }))
    .map(([word, all]) => same(`${name} ${word} (${all.join(', ')})`));
  const missing = fc.constantFrom(same(`${name} IS NULL`), same(`${name} IS NOT NULL`));
  const between = fc
    .tuple(fc.constantFrom('', 'NOT '), literal, literal)
    .map(([not, from, to]) => same(`${name} ${not}BETWEEN ${from} AND ${to}`));
  const starts = literal.map((value) => ({
    query: `K STARTS_WITH ${value}`,
    sql: `substr(K, 1, length(${value})) = ${value}`,
  }));
  return fc.oneof(comparison, among, missing, ...(name === 'B' ? [] : [between]), ...(name === 'K' ? [starts] : []));
});

const { condition } = fc.letrec<{ condition: Both }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.tuple(tie('condition'), fc.constantFrom('AND', 'OR'), tie('condition')).map(([a, word, b]) => ({
      query: `(${a.query} ${word} ${b.query})`,
      sql: `(${a.sql} ${word} ${b.sql})`,
    })),
    tie('condition').map(({ query, sql }) => ({ query: `NOT ${query}`, sql: `NOT ${sql}` })),
  ),
}));

test('a query means what SQL means, and stores are asked for no fewer runs', () => {
  const clear = database.prepare('DELETE FROM runs');
  const insert = database.prepare('INSERT INTO runs (I, D, B, K) VALUES (?, ?, ?, ?)');
  fc.assert(
    fc.property(values, fc.array(condition, { minLength: 1, maxLength: 3 }), (own, conditions) => {
      clear.run();
      insert.run(own.I ?? null, own.D ?? null, own.B === undefined ? null : Number(own.B), own.K ?? null);
      const where = conditions.map(({ sql }) => sql).join(' AND ');
      const wanted = Number(database.prepare(`SELECT count(*) AS n FROM runs WHERE ${where}`).get()?.['n']) === 1;
      const query = parseQuery(conditions.map((each) => each.query).join(' AND '), declared).condition;
      const record = recordOf(own);
      expect(query !== undefined && meets(record, query)).toBe(wanted);
      const { filter, exact } = prefilter(query);
      const passes = matchesFilter(record, { ...filter, namespace: 'default' });
      // Exact filters let nothing else pass, and all of them what is wanted.
      expect(passes).toBe(exact ? wanted : passes || wanted);
    }),
    { numRuns: 500 },
  );
});
