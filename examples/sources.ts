/**
 * Makes `import … from 'perdure'` mean the sources of this repository, so that examples run without a build: `node --import ./examples/sources.ts …`.
 * Where perdure is installed nobody needs it.
 */
import { readFileSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';

// What was compiled once starts in half the time.
enableCompileCache();

const root = new URL('../', import.meta.url);
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  exports: Record<string, string | { default: string }>;
};

registerHooks({
  resolve(specifier, context, next) {
    const target = /^perdure(?:\/|$)/.test(specifier) ? exports[specifier.replace('perdure', '.')] : undefined;
    if (target === undefined || typeof target === 'string') return next(specifier, context);
    return next(new URL(target.default.replace('/dist/', '/').replace(/\.js$/, '.ts'), root).href, context);
  },
});
