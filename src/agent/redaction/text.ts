import { secretValues } from './known-secrets.ts';

/** What stands where a secret was. */
export const REDACTED = '[redacted]';

/** Characters; a private key has some thousand. */
const LONGEST_SECRET = 8192;

/**
 * What looks like a secret. No pattern may take more than a few looks at each character of any text: spaces are counted, and what is of any length either
 * cannot fail behind it, or begins where nothing of its kind stands before it.
 */
const patterns: readonly RegExp[] = [
  // Before what has an end inside of one.
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-(?!----)[^-]*)*(?:-----END [A-Z ]{0,40}-----)?/g,
  /\b(?:sk|pk|rk|gsk|xai|pplx|csk|hf|r8|fw)[-_][\w*-]{6,}/g,
  /\b(?:gh[opusr]_|github_pat_|glpat-|npm_|xox[abeprs]-|ya29\.)[\w.-]{10,}/g,
  /\bAIza[\w-]{10,}/g,
  /\b(?:AKIA|ASIA)[A-Z\d]{12,}/g,
  // Web tokens, and tokens that complete a tool's call.
  /(?<![\w-])eyJ[\w-]{10,}\.[\w-]{8,}(?:\.[\w-]*)?/g,
  /(?<=\bBearer\s{1,8})[^\s"'\\]+/gi,
  /(?<=\bBasic\s{1,8})[A-Za-z\d+/=]{8,}/gi,
  /(?<=\bDigest\s{1,8})(?=\w{1,32}=)[^\r\n]+/gi,
  /(?<=\bauthorization[\\"']{0,4}\s{0,8}[=:]\s{0,8}[\\"']{0,4})(?!Bearer\b|Basic\b|Digest\b)[a-z][\w-]{0,32}\s{1,8}(?=[^\s"'\\]{0,64}[\d=_-])[^\s"'\\,;]{6,}/gi,
  /(?<=\b(?:set-)?cookie[\\"']{0,4}\s{0,8}[=:]\s{0,8}[\\"']{0,4})[^\r\n"'\\]+/gi,
  /(?<=(?:\b|[-_])(?:key|token|secret|password|passwd|passphrase|pwd|authorization)[\\"']{0,4}\s{0,8}[=:]\s{0,8}[\\"']{0,4})(?!Bearer\b|Basic\b|Digest\b|\[redacted)[^\s"'\\&,;]{6,}/gi,
  // In quotes, with spaces and with quotes that are escaped.
  /(?<=(?:\b|[-_])(?:secret|password|passwd|passphrase|pwd)[\\"']{0,4}\s{0,8}[=:]\s{0,8}')[^'\r\n]{6,256}(?=')/gi,
  /(?<=(?:\b|[-_])(?:secret|password|passwd|passphrase|pwd)[\\"']{0,4}\s{0,8}[=:]\s{0,8}")(?:[^"\\\r\n]|\\.){6,256}(?=")/gi,
  // `completionToken: define it` is prose.
  /(?<=(?:api-?key|access-?key|private-?key|token|secret|password|passphrase)[\\"']{0,4}\s{0,8}[=:]\s{0,8}[\\"']{0,4})(?=[^\s"'\\&,;]{0,64}\d)[^\s"'\\&,;]{6,}/gi,
  // Of URLs with a user and a password; it may have an @ of its own.
  /(?<=:\/\/)[^\s/"'<>]+(?=@)/g,
];

/**
 * Takes secrets out of a text: what looks like one, the values of environment variables whose name says that they are secret, and what was said to be one
 * (`hideSecrets`). What an error says ends up in history, where it stays.
 */
export function redact(text: string, environment: Readonly<Record<string, string | undefined>> = process.env): string {
  return redactKnown(text, secretValues(environment));
}

/** As `redact`, of no more than the beginning of a long text. @param most characters that are kept. */
export function redactBeginning(
  text: string,
  most: number,
  known: readonly string[] = secretValues(process.env),
): string {
  if (text.length <= most + LONGEST_SECRET) return redactKnown(text, known).slice(0, most);
  // What lies over the cut would not be known as a secret: its part is left out, too.
  return redactKnown(text.slice(0, most + LONGEST_SECRET), known)
    .slice(0, -LONGEST_SECRET)
    .slice(0, most);
}

/** As `redact`, with secrets that were looked up. */
export function redactKnown(text: string, known: readonly string[]): string {
  let result = text;
  for (const value of known) result = result.replaceAll(value, REDACTED);
  for (const pattern of patterns) result = result.replace(pattern, REDACTED);
  return result;
}
