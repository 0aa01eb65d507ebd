/** What is known of a provider whose package doesn't follow the rule, or whose key has a name. */
export interface KnownProvider {
  /** The environment variable with the key, for those with exactly one. */
  readonly key?: string;
  /** What the package exports, when that isn't the package's name in camel case. */
  readonly exportName?: string;
}

const known: ReadonlyMap<string, KnownProvider> = new Map([
  ['amazon-bedrock', { exportName: 'bedrock' }],
  ['anthropic', { key: 'ANTHROPIC_API_KEY' }],
  ['azure', { key: 'AZURE_API_KEY' }],
  ['cerebras', { key: 'CEREBRAS_API_KEY' }],
  ['cohere', { key: 'COHERE_API_KEY' }],
  ['deepinfra', { key: 'DEEPINFRA_API_KEY' }],
  ['deepseek', { key: 'DEEPSEEK_API_KEY' }],
  ['fireworks', { key: 'FIREWORKS_API_KEY' }],
  ['google', { key: 'GOOGLE_GENERATIVE_AI_API_KEY' }],
  ['google-vertex', { exportName: 'vertex' }],
  ['groq', { key: 'GROQ_API_KEY' }],
  ['mistral', { key: 'MISTRAL_API_KEY' }],
  ['openai', { key: 'OPENAI_API_KEY' }],
  ['perplexity', { key: 'PERPLEXITY_API_KEY' }],
  ['togetherai', { key: 'TOGETHER_API_KEY' }],
  ['xai', { key: 'XAI_API_KEY' }],
]);

/** What is known of the package `@ai-sdk/<provider>`. Empty for those that nothing is known of. */
export function knownProvider(provider: string): KnownProvider {
  return known.get(provider) ?? {};
}
