import leven from 'leven';

/**
 * Why a field is refused; the reason types of KubeVirt's webhooks, which clients read in `details.causes[].reason`.
 * Source: metav1.CauseType of the Kubernetes API.
 */
export type CauseType =
  | 'FieldValueInvalid'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueNotFound'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid';

/** One problem of an object: where it is, of which sort, and what to do about it in words. */
export interface Cause {
  type: CauseType;
  /** Path from the root of the object, as `spec.domain.cpu.cores`. */
  field: string;
  message: string;
}

/** The value cannot be; `message` says why and what could. */
export const invalid = (field: string, message: string): Cause => ({ type: 'FieldValueInvalid', field, message });

/** A value is needed. */
export const required = (field: string, message: string): Cause => ({ type: 'FieldValueRequired', field, message });

/** The value is well formed, but not one that can be served. */
export const notSupported = (field: string, message: string): Cause => ({
  type: 'FieldValueNotSupported',
  field,
  message,
});

/** The value names something that is not there. */
export const notFound = (field: string, message: string): Cause => ({ type: 'FieldValueNotFound', field, message });

/** The value must be unique and is not. */
export const duplicate = (field: string, message: string): Cause => ({ type: 'FieldValueDuplicate', field, message });

/** The value may not be set here. */
export const forbidden = (field: string, message: string): Cause => ({ type: 'FieldValueForbidden', field, message });

/**
 * Words for a value that is none of the allowed ones: the value, what is allowed, and the nearest one where it looks
 * misspelt.
 */
export function oneOf(value: string, allowed: readonly string[]): string {
  const nearest = nearestOf(value, allowed);
  return `${quoted(value)} is not known; allowed: ${allowed.join(', ')}${nearest ? `. Did you mean ${quoted(nearest)}?` : ''}`;
}

/**
 * The allowed word nearest to `value`, or undefined when none is near: a third of its letters may differ, and in a word of
 * five or more at least two, because two letters that changed places count as two.
 */
export function nearestOf(value: string, allowed: readonly string[]): string | undefined {
  if (value.length > 64) return undefined;
  const ranked = allowed
    .map((word) => ({ word, distance: leven(value.toLowerCase(), word.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= edits(best.word) ? best.word : undefined;
}

const edits = (word: string): number => Math.max(word.length >= 5 ? 2 : 1, Math.floor(word.length / 3));

/** A value for a message: as JSON, cut at 80 characters, so that no input can fill a log. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
