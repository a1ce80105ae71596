import { parse } from 'yaml';
import { badRequest, RequestRefused } from './status.ts';

/** Largest body that is read: kube-apiserver itself takes 3 MiB. */
export const BODY_LIMIT_BYTES = 3 * 1024 * 1024;

/** Deepest nesting that is read; the deepest field of the API is at about 20. */
const MAX_DEPTH = 128;

/**
 * Reads a body of a subresource request, JSON or YAML. An empty body is an empty object.
 * @throws RequestRefused 400 when it is neither, or no map.
 */
export function parseOptions(body: Buffer): Record<string, unknown> {
  const text = body.toString('utf8').trim();
  if (text === '') return {};
  let value: unknown;
  try {
    assertDepth(text);
    value = text.startsWith('{') ? JSON.parse(text) : parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw unreadable(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw unreadable('it is not a map');
  return value as Record<string, unknown>;
}

function unreadable(why: string, cause?: unknown): RequestRefused {
  return new RequestRefused(badRequest(`Can not unmarshal Request body to struct, error: ${why}`), { cause });
}

/**
 * Refuses text whose brackets nest deeper than any object of the API, before it is parsed: later stages walk objects by
 * recursion.
 * @throws RangeError naming the limit.
 */
export function assertDepth(text: string): void {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    switch (text.charCodeAt(index)) {
      case 0x22: // a string: skip to its end
        index = endOfString(text, index);
        break;
      case 0x5b:
      case 0x7b:
        depth += 1;
        if (depth > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH} levels`);
        break;
      case 0x5d:
      case 0x7d:
        depth -= 1;
        break;
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 0x5c) index += 1;
    else if (code === 0x22) return index;
  }
  return text.length;
}
