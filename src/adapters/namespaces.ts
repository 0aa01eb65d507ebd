import type { EngineConfig } from '../engines/index.ts';
import type { AdapterOptions, AdapterSource, EngineSettings } from './source.ts';
import { createWorkflowEngineAdapter, type WorkflowEngineAdapter } from './workflow-engine-adapter.ts';

/** Adapters of one type of engine. @typeParam Config what such an engine is configured by. */
export interface EngineNamespace<Config> {
  /**
   * As `createWorkflowEngineAdapter`, for this type of engine.
   * @throws ConfigurationError before anything is connected; EngineUnavailableError.
   */
  createWorkflowEngineAdapter(config?: Config, options?: AdapterOptions): Promise<WorkflowEngineAdapter>;
}

/** A Temporal cluster. */
export const temporal: EngineNamespace<EngineSettings<'temporal'>> = namespaceOf('temporal');

/** Redis and BullMQ. */
export const bullmq: EngineNamespace<EngineSettings<'bullmq'>> = namespaceOf('bullmq');

/** This process, on memory or a SQLite file. */
export const embedded: EngineNamespace<EngineSettings<'embedded'>> = namespaceOf('embedded');

function namespaceOf<Type extends EngineConfig['type']>(type: Type): EngineNamespace<EngineSettings<Type>> {
  return {
    createWorkflowEngineAdapter: async (config, options) =>
      await createWorkflowEngineAdapter({
        ...options,
        type,
        ...(config === undefined ? {} : { config }),
      } as AdapterSource),
  };
}
