/** Names of providers in OpenTelemetry's conventions, by how the AI SDK begins theirs; the longest first. */
const NAMES: readonly (readonly [string, string])[] = [
  ['amazon-bedrock', 'aws.bedrock'],
  ['bedrock', 'aws.bedrock'],
  ['azure', 'azure.ai.openai'],
  ['google.vertex', 'gcp.vertex_ai'],
  ['google-vertex', 'gcp.vertex_ai'],
  ['vertex', 'gcp.vertex_ai'],
  ['google', 'gcp.gemini'],
  ['mistral', 'mistral_ai'],
  ['moonshot', 'moonshot_ai'],
  ['xai', 'x_ai'],
];

/** What OpenTelemetry calls a provider that the AI SDK names like `openai.responses`. */
export function providerName(provider: string): string {
  const known = NAMES.find(([beginning]) => provider.startsWith(beginning));
  return known?.[1] ?? provider.split('.')[0] ?? provider;
}
