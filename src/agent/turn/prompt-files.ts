import type { LanguageModelV4FilePart, LanguageModelV4TextPart, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { FilePart, TextPart } from '../../workflow/protocol/index.ts';

/** A part of what a user says, as providers take it. */
export function userPart(part: TextPart | FilePart): LanguageModelV4TextPart | LanguageModelV4FilePart {
  return part.type === 'text' ? { type: 'text', text: part.text, ...options(part) } : filePart(part);
}

/** A file, as providers take it: bytes, or a URL that the provider loads itself. */
export function filePart(part: FilePart): LanguageModelV4FilePart {
  const { mediaType, filename } = part;
  return {
    type: 'file',
    ...fileData(part),
    mediaType: dataUrl(part.data)?.mediaType ?? mediaType,
    ...(filename === undefined ? {} : { filename }),
    ...options(part),
  };
}

function fileData({ data }: FilePart): Pick<LanguageModelV4FilePart, 'data'> {
  if (/^https?:\/\//i.test(data) && URL.canParse(data)) return { data: { type: 'url', url: new URL(data) } };
  return { data: { type: 'data', data: dataUrl(data)?.base64 ?? data } };
}

function dataUrl(url: string): { mediaType: string | undefined; base64: string } | undefined {
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(',');
  if (comma < 0) return undefined;
  const [mediaType, ...parameters] = url.slice('data:'.length, comma).split(';');
  const payload = url.slice(comma + 1);
  const isBase64 = parameters.some((parameter) => parameter.trim().toLowerCase() === 'base64');
  return {
    mediaType: mediaType || undefined,
    base64: isBase64 ? payload : Buffer.from(decoded(payload)).toString('base64'),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function options({ providerOptions }: TextPart | FilePart): { providerOptions?: SharedV4ProviderOptions } {
  return providerOptions ? { providerOptions } : {};
}
