import { afterAll, beforeAll, describe } from 'vitest';
import { type TestDatabase, makeDatabase, opener, postgresUrl } from './support.ts';
import { entriesSuite } from './suite/entries.ts';
import { toolsSuite } from './suite/tools.ts';
import { valuesSuite } from './suite/values.ts';

describe.skipIf(postgresUrl === undefined)('on PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
  });
  afterAll(() => database.drop());

  const open: ReturnType<typeof opener> = (options) => opener({ url: database.url })(options);
  entriesSuite(open);
  valuesSuite(open);
  toolsSuite(open, () => ({ url: database.url }));
});
