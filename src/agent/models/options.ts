import type { LanguageModelV4 } from '@ai-sdk/provider';

/** Makes a model of a provider by its id. */
export type ModelFactory = (modelId: string) => LanguageModelV4;

/** Where models come from. */
export interface ModelOptions {
  /** Providers of one's own by name. They come before installed packages. */
  readonly providers?: Readonly<Record<string, ModelFactory>>;
  /**
   * The folder from which `@ai-sdk/<provider>` is resolved. Default: the folder in which the process was started, then that of its main script,
   * then that of this package.
   */
  readonly from?: string;
  /** Where keys are looked for. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}
