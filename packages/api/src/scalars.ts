/**
 * A whole number that fits 32 bits with a sign.
 * @asType integer
 * @format int32
 */
export type Int32 = number;

/**
 * A whole number that Kubernetes holds in 64 bits with a sign. JSON numbers above 2^53 lose precision in JavaScript.
 * @asType integer
 * @format int64
 */
export type Int64 = number;

/**
 * A whole number without a declared width.
 * @asType integer
 */
export type Integer = number;

/**
 * An amount with an optional suffix, for example `1500m`, `64Mi` or `2e3`. `quantity.ts` parses and compares it.
 * Source: Kubernetes API, resource.Quantity.
 */
export type Quantity = string | number;

/** A number, or a string such as a port's name or a percentage. */
export type IntOrString = string | number;

/** A length of time in Go's notation, for example `1h30m` or `300ms`. */
export type Duration = string;

/**
 * A moment as an RFC 3339 string in UTC, for example `2026-01-31T09:30:00Z`.
 * @format date-time
 */
export type Time = string;

/** An object without fields: its presence alone says something. */
export type EmptyObject = Record<string, never>;
