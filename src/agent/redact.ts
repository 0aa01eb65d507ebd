/** Spaces are counted: any number of them, looked for behind every character, takes long in a long text. */
const secrets: readonly RegExp[] = [
  /\b(?:sk|pk|rk|gsk|xai|pplx|csk|hf|r8|fw)[-_][\w*-]{6,}/g,
  /\bAIza[\w-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z\d]{12,}/g,
  /\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*/g,
  /(?<=\bBearer\s{1,8})[^\s"']+/gi,
  /(?<=\bBasic\s{1,8})[A-Za-z\d+/=]{8,}/g,
  /(?<=\b(?:api[-_]?key|key|token|access_token|secret|password|authorization)["']?\s{0,8}[=:]\s{0,8}["']?)(?!Bearer\b|Basic\b)[^\s"'&,;]{6,}/gi,
  // Of URLs with a user and a password; it may have an @ of its own.
  /(?<=:\/\/)[^\s/"'<>]+(?=@)/g,
];

const secretName = /(?:KEY|TOKEN|SECRET|PASSWORD)$/i;
/** A shorter value may be an ordinary word. */
const shortestSecret = 8;

/**
 * Takes keys out of a text: what looks like one, and the values of environment variables whose name says that they are secret. What an
 * error says ends up in history, where it stays.
 */
export function redact(text: string, environment: Readonly<Record<string, string | undefined>> = process.env): string {
  let result = text;
  for (const value of secretValues(environment)) result = result.replaceAll(value, '[redacted]');
  for (const pattern of secrets) result = result.replace(pattern, '[redacted]');
  return result;
}

/** The longest first: a shorter one may be a part of it. */
function secretValues(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(environment)
    .flatMap(([name, value]) => (value && value.length >= shortestSecret && secretName.test(name) ? [value] : []))
    .toSorted((a, b) => b.length - a.length);
}
