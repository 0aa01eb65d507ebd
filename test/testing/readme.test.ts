import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

describe("the kit's README", () => {
  it('shows the first test as it is', () => {
    const [, code] = /```ts\n([^]*?)```/.exec(read('../../testing/README.md')) ?? [];
    expect(code).toBe(read('../e2e/testing/first/first.test.ts'));
  });
});
