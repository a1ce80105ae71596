import { badRequest, type FailureStatus } from '../status.ts';

/** What a field of a body may be; null counts as left out. */
export type OptionType = 'boolean' | 'integer' | 'string' | 'strings' | 'string map' | 'object';

const CHECKS: Readonly<Record<OptionType, (value: unknown) => boolean>> = {
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isSafeInteger(value),
  string: (value) => typeof value === 'string',
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  'string map': (value) => isMap(value) && Object.values(value).every((item) => typeof item === 'string'),
  object: isMap,
};

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** 400 for the first known field that has a wrong type; fields that are not known are let be, as Kubernetes does. */
export function optionTypesProblem(
  options: Readonly<Record<string, unknown>>,
  types: Readonly<Record<string, OptionType>>,
): FailureStatus | undefined {
  for (const [field, type] of Object.entries(types)) {
    const value = Object.hasOwn(options, field) ? options[field] : undefined;
    if (value === undefined || value === null || CHECKS[type](value)) continue;
    return badRequest(`Can not unmarshal Request body to struct, error: ${field} must be ${ARTICLES[type]}`);
  }
  return undefined;
}

const ARTICLES: Readonly<Record<OptionType, string>> = {
  boolean: 'true or false',
  integer: 'a whole number',
  string: 'a string',
  strings: 'a list of strings',
  'string map': 'a map of strings',
  object: 'an object',
};
