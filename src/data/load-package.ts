import { ConfigurationError } from '../engine/index.ts';

/**
 * Loads what needs optional packages.
 * @param load an `import()`, so that nothing needs the package that does not call this; @param packages what has to be installed for it.
 * @throws ConfigurationError when one is not installed.
 */
export async function loadPackage<Module>(load: () => Promise<Module>, packages: string): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw cause;
    throw new ConfigurationError('workflow data', `it needs the packages ${packages.replaceAll(' ', ' and ')}.`, {
      fix: `Run npm install ${packages}.`,
      cause,
    });
  }
}
